// The program dies and comes back. `node lost.js URL`: on standard input, a line each time that one of them has happened;
// on standard output, a line when the page is ready for the next.

const assert = require("node:assert/strict");
const { once } = require("node:events");
const readline = require("node:readline");
const { Phone, tell } = require("./phone.js");

const [url, pictures] = process.argv.slice(2);
const told = readline.createInterface({ input: process.stdin });

/** Says that the page is ready, and waits until it has happened. */
async function happens(what) {
  const line = once(told, "line");
  console.log(what);
  await line;
}

/** All that asks the network for something. */
const ASKING = ['.handset [data-key="call"]', '[data-key="redial"]', '[data-key="time-out"]', "#write button"];

async function asking(phone, enabled) {
  for (const control of ASKING) assert.equal(await phone.page.locator(control).isEnabled(), enabled, control);
}

tell(async (browser) => {
  const phone = await Phone.open(browser, url);
  const number = await phone.number();
  await phone.tap("*7142#");
  await phone.press("call");
  const menu = await phone.expect("1 Azərbaycanca");
  await asking(phone, true);

  for (const round of ["first", "second"]) {
    await happens(`kill ${round}`);
    const glass = phone.page.locator("#screen");
    for (const words of ["Bağlantı itdi", "Связь потеряна", "Connection lost"]) await glass.getByText(words, { exact: true }).waitFor();
    assert.ok(!(await glass.innerText()).includes("Azərbaycanca"), "the old screen is gone");
    await asking(phone, false);
    assert.equal(await phone.page.locator("#units-used").innerText(), "–");
    await phone.picture(pictures, `lost-${round}`, 390, 844);
    await phone.picture(pictures, `lost-${round}`, 1280, 860);
    // Neither the keyboard nor the pointer brings anything about.
    await phone.page.keyboard.press("Enter");
    await phone.page.keyboard.press("Escape");
    assert.ok((await glass.innerText()).includes("Connection lost"));

    await happens(`start ${round}`);
    await phone.service();
    await phone.sign(/Call \*7142#/);
    assert.equal(await phone.number(), number, "it is the same phone");
    await asking(phone, true);
    await phone.press("call");
    assert.equal(await phone.expect("1 Azərbaycanca"), menu);
  }
  // A browser writes every refused connection down; nothing else may go wrong.
  phone.complaints = phone.complaints.filter((line) => !/Failed to load resource: (net::ERR_|the server responded with a status of 404)/.test(line));
  await phone.close();
}).then(
  () => {
    console.log("done");
    told.close();
  },
  (error) => {
    console.error(error);
    process.exit(1);
  },
);
