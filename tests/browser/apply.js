// A family applies by clicking alone. `node apply.js URL PLAY [PICTURES]`: the steps are a play's, as JSON.

const assert = require("node:assert/strict");
const { readFileSync } = require("node:fs");
const { Phone, tell } = require("./phone.js");

const [url, play, pictures] = process.argv.slice(2);
const steps = JSON.parse(readFileSync(play, "utf8"));

tell(async (browser) => {
  const phone = await Phone.open(browser, url);
  let screens = 0;
  let full = false;
  for (const step of steps) {
    const wanted = step.expect;
    if (step.dial || step.send) {
      await phone.tap(step.dial ?? step.send);
      await phone.press("call");
      const said = await phone.expect(...wanted);
      screens += 1;
      const { used, room } = await phone.units();
      // Azerbaijani with its letters is UCS-2: sixteen bits for each of these characters.
      if (room === 80) assert.equal(used, said.length, said);
      assert.ok(used > 0 && used <= room && [80, 182].includes(room), `${used} of ${room}`);
      if (!full && screens > 1 && room === 80 && used >= 72) {
        full = true;
        await pictured(phone, "screen");
      }
    } else if (step.await_sms) {
      await phone.text(step.await_sms, ...wanted);
    }
  }
  assert.ok(full, "no screen is nearly full");
  assert.equal(screens, steps.filter((step) => step.dial || step.send).length);

  // The last text on the phone itself: hang up for the home screen, then the newest one.
  await phone.press("end");
  const last = steps.at(-1);
  await phone.page.locator("#screen .said").waitFor();
  while (!(await phone.page.locator("#screen .said").innerText()).includes(last.await_sms)) await down(phone);
  await phone.expect(last.await_sms, ...last.expect);
  await onTheWire(phone, screens);
  await pictured(phone, "text");
  await phone.close();
}).then(
  () => console.log("applied"),
  (error) => {
    console.error(error);
    process.exit(1);
  },
);

/** One key press down: it scrolls, or goes on to the next text. */
async function down(phone) {
  const seen = () => phone.page.evaluate(() => [document.querySelector("#screen").innerText, document.querySelector("#screen").scrollTop].join());
  const before = await seen();
  await phone.press("down");
  assert.notEqual(await seen(), before, "the down key reaches the last text");
}

/** The wire shows the bind and each turn, decoded, with its octets on demand. */
async function onTheWire(phone, screens) {
  const names = await phone.pdus();
  const count = (name) => names.filter((it) => it === name).length;
  for (const name of ["bind_transceiver", "bind_transceiver_resp"]) assert.ok(count(name) >= 1, `no ${name} in ${names}`);
  assert.ok(count("deliver_sm") >= screens && count("deliver_sm_resp") >= screens, "each turn is a deliver_sm");
  assert.ok(count("submit_sm") > screens && count("submit_sm_resp") > screens, "each screen and text is a submit_sm");

  const first = phone.page.locator("#wire li").filter({ hasText: "*7142#" }).first();
  await first.locator("summary").first().click();
  const fields = await first.locator(".body").innerText();
  const number = (await phone.number()).replace(/\D/g, "");
  for (const part of [number, "service_type", "USSD", "0x0501", "ussd_service_op", "PSSR indication", "its_session_info"]) {
    assert.ok(fields.includes(part), `${part} is not in\n${fields}`);
  }
  assert.equal(await first.locator("pre").isVisible(), false);
  await first.locator(".octets summary").click();
  assert.match(await first.locator("pre").innerText(), /^0000 {2}00 00 00 [0-9a-f]{2} 00 00 00 05 /);

  const bind = phone.page.locator("#wire li").filter({ hasText: "bind_transceiver" }).first();
  await bind.locator("summary").first().click();
  await bind.locator(".octets summary").click();
  const octets = await bind.locator("pre").innerText();
  // "secret", in hexadecimal digits.
  assert.ok(!octets.replace(/\s/g, "").includes("736563726574") && octets.includes("**"), octets);
  await bind.locator("summary").first().click();
}

async function pictured(phone, name) {
  await phone.picture(pictures, name, 390, 844);
  await phone.picture(pictures, name, 1280, 860);
}
