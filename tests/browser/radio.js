// Hangs up, loses the network and dials again, by the keyboard alone. `node radio.js URL`

const assert = require("node:assert/strict");
const { Phone, tell } = require("./phone.js");

const [url] = process.argv.slice(2);

tell(async (browser) => {
  const phone = await Phone.open(browser, url);
  const keys = phone.page.keyboard;
  const typed = async (text) => {
    for (const character of text) await keys.press(character);
    await keys.press("Enter");
  };
  // In the specification's dialect whoever ends a session does it by the same bit.
  const endings = phone.page.locator('#wire li.to-esme .turn[title="abort"]');

  // A code that is not ours is the network's to refuse.
  await typed("*999#");
  await phone.sign("The network knows no such code");

  await typed("*7142#");
  await phone.expect("1 Azərbaycanca");
  await typed("1");
  await phone.expect("1 Yeni müraciət");
  await keys.press("Escape");
  await phone.sign(/Call \*7142#/);
  await endings.nth(0).waitFor();

  // Enter with nothing typed dials again, and the phone is remembered.
  await keys.press("Enter");
  await phone.expect("1 Yeni müraciət");
  await typed("1");
  await phone.expect("Pulsuzdur");
  await typed("1");
  await phone.expect("1 Razıyam");
  await typed("1");
  await phone.expect("FİN kodunuz");
  await typed("660QYUS");
  await phone.expect("Vəsiqənizin seriyası");
  await phone.page.locator('[data-key="time-out"]').focus();
  await keys.press("Enter");
  await phone.sign("The network ended the session");
  await endings.nth(1).waitFor();

  // The draft outlives the session: the next dial offers to go on.
  await phone.page.locator('[data-key="redial"]').click();
  const offered = await phone.expect("1 Davam", "2 ");

  // The page loaded again is the same phone, with its screen, and the session goes on.
  const number = await phone.number();
  await phone.page.reload();
  assert.equal(await phone.expect("1 Davam"), offered);
  assert.equal(await phone.number(), number);
  await phone.page.locator("body").click({ position: { x: 5, y: 5 } });
  await typed("1");
  await phone.expect("Vəsiqənizin seriyası");

  // Another page is another phone; neither hears the other's wire.
  const other = await Phone.open(browser, url, { viewport: { width: 390, height: 844 }, colorScheme: "dark" });
  const numbers = [number, await other.number()].map((shown) => shown.replace(/\D/g, ""));
  assert.notEqual(numbers[0], numbers[1]);
  await other.tap("*7142#");
  await other.press("call");
  await other.expect("1 Azərbaycanca");
  await other.press("end");
  for (const [page, mine, theirs] of [[phone, numbers[0], numbers[1]], [other, numbers[1], numbers[0]]]) {
    await page.page.evaluate(() => document.querySelectorAll("#wire li > details").forEach((it) => (it.open = true)));
    await page.page.waitForFunction(() => document.querySelectorAll("#wire li > details:not(:has(.body))").length === 0);
    const wire = await page.page.locator("#wire").innerText();
    assert.ok(wire.includes(mine) && !wire.includes(theirs), "each page shows its own phone's wire");
  }
  await phone.expect("Vəsiqənizin seriyası");
  await other.close();
  await phone.close();
}).then(
  () => console.log("done"),
  (error) => {
    console.error(error);
    process.exit(1);
  },
);
