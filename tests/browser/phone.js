// Drives the page as a person does: by its keys, its fields and its keyboard.

const assert = require("node:assert/strict");
const { chromium } = require("playwright-core");

const FLAGS = [
  "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
  "--disable-component-update", "--disable-sync",
];
const PATIENCE_MS = 60_000;
const LETTERS = { 2: "abc", 3: "def", 4: "ghi", 5: "jkl", 6: "mno", 7: "pqrs", 8: "tuv", 9: "wxyz" };

/** Runs a story in a browser of its own; what the page complains of fails it. */
async function tell(story) {
  const executablePath = process.env.CHROMIUM ?? "/usr/bin/chromium";
  const browser = await chromium.launch({ executablePath, headless: true, args: FLAGS });
  try {
    await story(browser);
  } finally {
    await browser.close();
  }
}

/** A page with its phone. */
class Phone {
  static async open(browser, url, options = {}) {
    const context = await browser.newContext({ viewport: { width: 1280, height: 860 }, ...options });
    const page = await context.newPage();
    page.setDefaultTimeout(PATIENCE_MS);
    const phone = new Phone(page);
    page.on("pageerror", (error) => phone.complaints.push(String(error)));
    page.on("console", (message) => message.type() === "error" && phone.complaints.push(message.text()));
    page.on("request", (request) => {
      if (!request.url().startsWith(`${url}/`)) phone.complaints.push(`asks elsewhere: ${request.url()}`);
    });
    await page.goto(url);
    await phone.service();
    return phone;
  }

  constructor(page) {
    Object.assign(this, { page, complaints: [] });
  }

  /** Waits until a gateway is bound. */
  async service() {
    await this.page.locator('#signal[aria-label="Service"]').waitFor();
  }

  number() {
    return this.page.locator("#number").innerText();
  }

  async press(key) {
    await this.page.locator(`.handset [data-key="${key}"]`).click();
  }

  /** Types by the keys alone: digits as they are, letters by taps. */
  async tap(text) {
    for (const character of text.toLowerCase()) {
      const key = Object.keys(LETTERS).find((key) => LETTERS[key].includes(character));
      // Switching there and back ends the letter before, which may be on the same key.
      await this.letters(false);
      if (!key) {
        await this.press(character);
        continue;
      }
      await this.letters(true);
      for (let taps = LETTERS[key].indexOf(character); taps >= 0; taps -= 1) await this.press(key);
    }
    assert.equal((await this.page.locator("#entry").inputValue()).toLowerCase(), text.toLowerCase());
  }

  async letters(wanted) {
    const mode = this.page.locator("#mode");
    if ((await mode.isVisible()) && (await mode.innerText()) !== (wanted ? "abc" : "123")) await this.press("#");
  }

  /** Waits for a screen that says all of it. */
  async expect(...parts) {
    const said = this.page.locator("#screen .said");
    const all = parts.reduce((said, part) => said.filter({ hasText: part }), said);
    try {
      await all.waitFor();
    } catch {
      assert.fail(`the screen should say ${JSON.stringify(parts)}; it says:\n${await this.page.locator("#screen").innerText()}`);
    }
    return said.innerText();
  }

  /** Waits for a symbol in place of a text. */
  async sign(label) {
    await this.page.getByRole("status").getByRole("img", { name: label }).waitFor();
  }

  /** Waits for a text in the list beside the phone. */
  async text(...parts) {
    const item = parts.reduce((items, part) => items.filter({ hasText: part }), this.page.locator("#texts li.in"));
    await item.first().waitFor();
    return item.first();
  }

  /** The units that the screen takes, and the room: what is read aloud, what is written and what is drawn are one. */
  async units() {
    const meter = this.page.locator("#units");
    const attribute = async (name) => Number(await meter.getAttribute(name));
    const [used, room] = [await attribute("aria-valuenow"), await attribute("aria-valuemax")];
    assert.equal(await this.page.locator("#units-used").innerText(), String(used));
    assert.equal(await this.page.locator("#units-room").innerText(), `/ ${room}`);
    const drawn = await this.page.locator("#units-fill").evaluate((bar) => parseFloat(bar.style.width));
    assert.ok(Math.abs(drawn - (100 * used) / room) < 0.1, `${drawn} % for ${used} of ${room}`);
    // A sign beside the figures, and not the colour alone.
    assert.equal(await this.page.locator("#units-near").isVisible(), used >= 0.9 * room, `${used} of ${room}`);
    return { used, room };
  }

  /** The names of the PDUs on the wire. */
  pdus() {
    return this.page.locator("#wire li summary b").allInnerTexts();
  }

  /** Takes a picture at a width; nothing may stick out at the side. */
  async picture(folder, name, width, height) {
    await this.page.setViewportSize({ width, height });
    const wide = await this.page.evaluate(() => document.documentElement.scrollWidth);
    assert.ok(wide <= width, `${name}: ${wide} px wide in a window of ${width}`);
    if (folder) await this.page.screenshot({ path: `${folder}/${name}-${width}.png`, fullPage: width < 700 });
  }

  async close() {
    assert.deepEqual(this.complaints, []);
    await this.page.context().close();
  }
}

module.exports = { Phone, tell };
