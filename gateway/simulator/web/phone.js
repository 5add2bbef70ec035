// The phone: what it shows, and what its keys do.

import { Entry } from "./keypad.js";
import { icon, when } from "./texts.js";

const $ = (id) => document.getElementById(id);

/** Characters beyond which a screen is set closer. */
const LONG = 110;

/** Parts of its room that a screen takes when it is nearly full. */
const NEAR = 0.9;

/** What a phone says while its network cannot be heard. */
const LOST = [["az", "Bağlantı itdi"], ["ru", "Связь потеряна"], ["en", "Connection lost"]];

/** The controls that ask the network for something. */
const ASKING = '[data-key="call"], [data-key="redial"], [data-key="time-out"], #write button';

/** What a fault looks like, and how it is read aloud. */
const FAULTS = {
  "no-service": ["i-tower", "No service: no gateway is bound"],
  "unknown-code": ["i-no", "The network knows no such code"],
  refused: ["i-no", "The gateway refused"],
  "no-answer": ["i-glass", "No answer in time"],
  "session-over": ["i-end", "The session is over"],
  unsendable: ["i-no", "This cannot be sent"],
  overloaded: ["i-no", "The network is overloaded"],
  unreachable: ["i-no", "The simulator cannot be reached"],
};

/** Views: `home`, `screen` (a USSD screen, or what became of it), `sms` (reading), `write` (writing a text). */
export class Phone {
  constructor(line) {
    this.line = line;
    this.entry = new Entry($("entry"), $("mode"));
    this.reset({ number: "", code: "" });
  }

  /** A phone that has heard nothing yet. */
  reset({ number, code }) {
    Object.assign(this, { number, code, last: code, view: "home", screen: null, notice: null, open: false, busy: false });
    Object.assign(this, { texts: [], at: 0, unread: 0, bound: false, lost: false });
    $("number").textContent = number && `+${number.slice(0, 3)} ${number.slice(3, 5)} ${number.slice(5, 8)} ${number.slice(8)}`;
    this.entry.text = "";
    this.render();
  }

  /** What the network tells. */
  hear(event) {
    switch (event.is) {
      case "network":
        this.bound = event.bound;
        break;
      case "dialled":
        Object.assign(this, { last: event.code, view: "screen", screen: null, notice: null, busy: true, open: false });
        break;
      case "screen":
        Object.assign(this, { view: "screen", screen: event, notice: null, open: event.more, busy: false });
        this.entry.toggle(false);
        break;
      case "ended":
        this.open = this.busy = false;
        this.screen = null;
        if (event.by === "network") {
          this.notice = ["i-glass", "The network ended the session"];
          this.view = "screen";
        } else {
          this.goHome();
        }
        break;
      case "fault":
        Object.assign(this, { busy: false, open: event.open, notice: FAULTS[event.why] ?? FAULTS.refused });
        if (!event.open) this.screen = null;
        this.view = "screen";
        break;
      case "sms":
        this.texts.push(event);
        this.unread += 1;
        // A screen stays until the person has read it.
        if (this.view === "home" || (this.view === "sms" && !this.open)) this.read(this.texts.length - 1);
        break;
      case "sent":
        this.busy = false;
        if (this.view === "write") this.goHome();
        break;
    }
    this.render();
  }

  /** Whether the simulator cannot be heard at the moment. */
  lose(lost) {
    this.lost = lost;
    if (lost) this.busy = false;
    this.render();
  }

  /** A key of the phone, or the network's. */
  press(key) {
    if (/^[0-9*#]$/.test(key)) {
      this.writeOn();
      this.entry.press(key);
    } else {
      ({ call: () => this.call(), end: () => this.end(), mail: () => this.mail(), up: () => this.move(-1), down: () => this.move(1),
        back: () => this.entry.back(), redial: () => this.dial(this.last), "time-out": () => this.line.perform("time-out") })[key]();
    }
    this.render();
  }

  /** A character from the keyboard. */
  type(character) {
    this.writeOn();
    this.entry.type(character);
    this.render();
  }

  call() {
    const text = this.entry.text;
    if (this.busy || this.lost) return;
    if (this.view === "write") {
      if (text.trim()) this.do("sms", text);
    } else if (this.open) {
      if (text) this.do("answer", text);
      this.view = "screen";
    } else {
      this.dial(text || this.last);
    }
  }

  dial(code) {
    if (code && !this.lost) this.do("dial", code);
  }

  end() {
    this.entry.text = "";
    if (this.lost) return;
    if (this.open || this.busy) this.line.perform("hang-up");
    else this.goHome();
  }

  /** Texts first, the newest unread; then a new one. */
  mail() {
    this.entry.text = "";
    if (this.view === "sms") this.view = this.open ? "screen" : "write";
    else if (this.texts.length > 0 && this.view !== "write") this.read(Math.max(0, this.texts.length - Math.max(1, this.unread)));
    else if (!this.open) this.view = "write";
  }

  move(by) {
    const glass = $("screen");
    const before = glass.scrollTop;
    glass.scrollTop += by * 40;
    const next = this.at + by;
    if (glass.scrollTop === before && this.view === "sms" && this.texts[next]) this.read(next);
  }

  /** Hands something to the network; the phone waits until it hears what came of it. */
  async do(deed, text) {
    Object.assign(this, { busy: true, notice: null });
    this.entry.text = "";
    this.render();
    if (!(await this.line.perform(deed, text))) {
      Object.assign(this, { busy: false, notice: FAULTS.unreachable });
      this.render();
    }
  }

  read(at) {
    this.view = "sms";
    this.at = at;
    this.unread = Math.min(this.unread, this.texts.length - 1 - at);
    $("screen").scrollTop = 0;
  }

  goHome() {
    Object.assign(this, { view: "home", screen: null, notice: null });
    if (this.unread > 0) this.read(this.texts.length - this.unread);
  }

  /** Typing while a text is read goes on with the session, or begins a code. */
  writeOn() {
    if (this.view === "sms") this.view = this.open ? "screen" : "home";
  }

  render() {
    const signal = $("signal");
    const service = this.bound && !this.lost;
    signal.classList.toggle("off", !service);
    signal.setAttribute("aria-label", service ? "Service" : "No service");
    $("unread").hidden = this.unread === 0;
    $("unread-count").textContent = this.unread;
    $("waiting").hidden = !this.busy;
    for (const control of document.querySelectorAll(ASKING)) control.disabled = this.lost;
    this.entry.wordy = this.open || this.view === "write";
    const { caption, lines, symbol, label } = this.display();
    $("caption").textContent = caption ?? "";
    show($("screen"), lines, symbol, label);
    $("entry").placeholder = this.view === "write" || this.open || this.busy ? "" : this.last;
    this.measure();
  }

  display() {
    if (this.lost) return { symbol: "i-lost", lines: LOST };
    if (this.notice) return { symbol: this.notice[0], label: this.notice[1], lines: said(this.screen?.text) };
    if (this.view === "sms") {
      const sms = this.texts[this.at];
      return { caption: `${this.at + 1}/${this.texts.length}  ${when(sms.at)}`, lines: said(sms.text) };
    }
    if (this.view === "write") return { caption: `→ ${this.code.replace(/[*#]/g, "")}`, symbol: "i-mail", label: "Write a text" };
    if (this.screen) return { caption: this.screen.more ? "USSD" : "USSD ■", lines: said(this.screen.text) };
    return this.busy ? { caption: "USSD" } : { symbol: "i-call", label: `Call ${this.last}` };
  }

  /** The units of its alphabet that the screen takes, of those that it may take. */
  measure() {
    const screen = this.lost ? null : this.screen;
    const used = screen?.units ?? 0;
    const near = screen !== null && used >= NEAR * screen.room;
    $("units-used").textContent = screen ? used : "–";
    $("units-room").textContent = screen ? `/ ${screen.room}` : "";
    $("units-near").toggleAttribute("hidden", !near);
    $("units-alphabet").textContent = screen?.alphabet ?? "";
    $("units-fill").style.width = screen ? `${(100 * used) / screen.room}%` : "0";
    const meter = $("units");
    meter.classList.toggle("near", near);
    meter.setAttribute("aria-valuemax", screen?.room ?? 182);
    meter.setAttribute("aria-valuenow", used);
    meter.setAttribute("aria-valuetext", screen ? `${used} of ${screen.room} units of ${screen.alphabet}${near ? ", nearly full" : ""}` : "No screen");
  }
}

/** A text as the lines of a screen, in a language that only its author knows. */
function said(text) {
  return text ? [["", text]] : [];
}

/** Puts texts, each in its language, or a symbol on the screen; what is there already is not touched, so that it is not read aloud again. */
function show(glass, lines = [], symbol, label) {
  const key = JSON.stringify([lines, symbol, label]);
  if (glass.dataset.shown === key) return;
  glass.dataset.shown = key;
  glass.classList.toggle("long", lines.some(([, text]) => text.length > LONG));
  glass.replaceChildren();
  if (symbol) glass.append(icon(symbol, label, "sign"));
  for (const [language, text] of lines) {
    const body = document.createElement("div");
    body.className = "said";
    if (language) body.lang = language;
    body.textContent = text;
    glass.append(body);
  }
}
