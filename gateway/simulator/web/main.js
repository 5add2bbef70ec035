// Puts the page together: one line, one phone, its texts, its wire, and the keyboard.

import { drawKeypad, flash } from "./keypad.js";
import { Line } from "./line.js";
import { Phone } from "./phone.js";
import { Texts } from "./texts.js";
import { Wire } from "./wire.js";

const $ = (id) => document.getElementById(id);

const texts = new Texts($("texts"), $("text-count"));
const wire = new Wire($("wire"), $("pdu-count"), $("beats"), $("clear"));
const line = new Line({
  hear(event) {
    if (event.is === "pdu") wire.hear(event);
    else {
      phone.hear(event);
      texts.hear(event);
    }
  },
  connect(opened) {
    phone.reset(opened);
    texts.reset();
    wire.reset();
  },
  lose: () => phone.lose(true),
  regain: () => phone.lose(false),
});
const phone = new Phone(line);

drawKeypad($("keypad"), (key) => phone.press(key));

$("write").addEventListener("submit", async (event) => {
  event.preventDefault();
  const field = $("write-text");
  if (field.value.trim() && (await line.perform("sms", field.value))) field.value = "";
});

// The keyboard is the phone's, wherever the focus is, unless it is in another field or on a control.
document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
  const target = event.target;
  const entry = target === $("entry");
  if (event.key === "Escape") {
    flash("end");
    phone.press("end");
  } else if (target instanceof HTMLInputElement && !entry) {
    return;
  } else if (event.key === "Enter") {
    if (target.closest("button, summary")) return;
    flash("call");
    phone.press("call");
  } else if (entry) {
    if (/^[0-9*#]$/.test(event.key)) flash(event.key);
    phone.writeOn();
    return;
  } else if (event.key === "Backspace") {
    phone.press("back");
  } else if (event.key.length === 1 && event.key !== " ") {
    flash(event.key);
    phone.type(event.key);
  } else {
    return;
  }
  event.preventDefault();
});

// Where there is a keyboard for certain, typing begins at once; elsewhere it would call up one that hides the phone.
if (matchMedia("(hover: hover) and (pointer: fine)").matches) $("entry").focus();
line.open();
