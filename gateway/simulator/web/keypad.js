// The twelve keys, and the line that they write.

const KEYS = ["1", "2", "3", "4", "5", "6", "7", "8", "9", "*", "0", "#"];
const LETTERS = { 1: ".,?!'-/@:", 2: "abcç", 3: "defə", 4: "ghiığ", 5: "jkl", 6: "mnoö", 7: "pqrsş", 8: "tuvü", 9: "wxyz", 0: " +" };
const LEGENDS = { 1: ".,?", 2: "abc", 3: "def", 4: "ghi", 5: "jkl", 6: "mno", 7: "pqrs", 8: "tuv", 9: "wxyz", 0: "␣" };
/** After so long the next press of a key is another letter. */
const TAP_MS = 900;

/** What is being typed: by keys, by taps for letters, or straight into the field. */
export class Entry {
  constructor(field, mode) {
    Object.assign(this, { field, mode, letters: false, key: null, turn: 0, timer: 0 });
    field.addEventListener("input", () => this.#settle());
  }

  get text() {
    return this.field.value;
  }

  set text(text) {
    this.field.value = text;
    this.#settle();
  }

  /** Whether a session or a text is written, where `#` switches to letters; a code has a `#` of its own. */
  set wordy(wordy) {
    this.mode.hidden = !wordy;
    if (!wordy) this.toggle(false);
    this.canToggle = wordy;
  }

  toggle(letters = !this.letters) {
    this.letters = letters;
    this.mode.textContent = letters ? "abc" : "123";
    this.#settle();
  }

  /** A key of the phone. */
  press(key) {
    if (key === "#" && this.canToggle) this.toggle();
    else if (this.letters && LETTERS[key]) this.#tap(key);
    else this.type(key);
  }

  /** A character as it is. */
  type(character) {
    this.#settle();
    this.#insert(character, 0);
  }

  back() {
    this.#settle();
    const { selectionStart: from, selectionEnd: to } = this.field;
    this.field.setRangeText("", from === to ? Math.max(0, from - 1) : from, to, "end");
  }

  #tap(key) {
    const letters = LETTERS[key] + key;
    const again = this.key === key;
    this.turn = again ? (this.turn + 1) % letters.length : 0;
    this.#insert(letters[this.turn], again ? 1 : 0);
    this.key = key;
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.#settle(), TAP_MS);
  }

  #insert(character, replaced) {
    const { selectionStart: from, selectionEnd: to, maxLength } = this.field;
    if (this.field.value.length - (to - from) - replaced >= maxLength) return;
    this.field.setRangeText(character, from - replaced, to, "end");
    this.field.scrollLeft = this.field.scrollWidth;
  }

  #settle() {
    clearTimeout(this.timer);
    this.key = null;
  }
}

/** Draws the keys and tells which one was pressed. */
export function drawKeypad(box, press) {
  for (const key of KEYS) {
    const button = document.createElement("button");
    button.className = "key digit";
    button.dataset.key = key;
    button.setAttribute("aria-label", { "*": "Star", "#": "Hash; letters or digits" }[key] ?? key);
    const digit = document.createElement("b");
    digit.textContent = key;
    const legend = document.createElement("span");
    legend.textContent = LEGENDS[key] ?? (key === "#" ? "⇅" : "");
    button.append(digit, legend);
    box.append(button);
  }
  for (const button of document.querySelectorAll("[data-key]")) {
    // A press with the pointer leaves the focus where it is, so that Enter goes on meaning "call".
    button.addEventListener("pointerdown", (event) => event.preventDefault());
    button.addEventListener("mousedown", (event) => event.preventDefault());
    button.addEventListener("click", () => press(button.dataset.key));
  }
}

/** Shows a key as pressed for a moment, where the keyboard did it. */
export function flash(key) {
  const button = document.querySelector(`.handset [data-key="${CSS.escape(key)}"]`);
  if (!button) return;
  button.classList.add("down");
  setTimeout(() => button.classList.remove("down"), 120);
}
