// The wire: each PDU with its fields, parameters and octets.

/** PDUs on the page; the oldest go first. */
const ROWS_MAX = 500;
const TURNS = { begin: "▷", continue: "↻", end: "■", abort: "✕", timeout: "⧖" };

/** The list of PDUs. */
export class Wire {
  constructor(list, count, beats, clear) {
    Object.assign(this, { list, count, total: 0 });
    beats.addEventListener("click", () => {
      const shown = list.classList.toggle("beats");
      beats.setAttribute("aria-pressed", String(shown));
    });
    clear.addEventListener("click", () => this.reset());
  }

  reset() {
    this.total = 0;
    this.count.textContent = "0";
    this.list.replaceChildren();
  }

  hear(pdu) {
    const atEnd = this.list.scrollHeight - this.list.scrollTop - this.list.clientHeight < 40;
    this.list.append(row(pdu));
    if (!isBeat(pdu)) this.total += 1;
    this.count.textContent = this.total;
    if (this.list.childElementCount > ROWS_MAX) this.list.firstElementChild.remove();
    if (atEnd) this.list.scrollTop = this.list.scrollHeight;
  }
}

/** Whether a PDU only asks or tells that the link is alive. */
function isBeat(pdu) {
  return pdu.name.startsWith("enquire_link");
}

function row(pdu) {
  const item = make("li", pdu.way);
  if (isBeat(pdu)) item.classList.add("beat");
  if (pdu.status) item.classList.add(pdu.status.ok ? "ok" : "bad");
  const details = make("details");
  const head = make("summary");
  const arrow = make("i", "arrow", pdu.way === "to-esme" ? "→" : "←");
  arrow.setAttribute("role", "img");
  arrow.setAttribute("aria-label", pdu.way === "to-esme" ? "to the gateway" : "from the gateway");
  const turn = make("i", "turn", TURNS[pdu.turn] ?? "");
  if (pdu.turn) turn.setAttribute("title", pdu.turn);
  head.append(
    make("time", "", pdu.at.slice(11, 23)),
    arrow,
    make("b", "", pdu.name),
    make("span", "sequence", pdu.sequence === null ? "" : `#${pdu.sequence}`),
    turn,
    make("span", "gist", pdu.status ? pdu.status.name : oneLine(pdu.text)),
  );
  details.append(head);
  // What nobody opens is never drawn.
  details.addEventListener("toggle", () => details.append(body(pdu)), { once: true });
  item.append(details);
  return item;
}

function body(pdu) {
  const box = make("div", "body");
  if (pdu.text) box.append(make("p", "text", pdu.text));
  const fields = make("dl");
  fields.append(...pair("command_length", String(pdu.octets)));
  if (pdu.sequence !== null) fields.append(...pair("sequence_number", String(pdu.sequence)));
  if (pdu.status) fields.append(...pair("command_status", pdu.status.name));
  for (const { name, value } of pdu.fields) fields.append(...pair(name, value));
  box.append(fields);
  if (pdu.tlvs.length > 0) {
    const list = make("dl", "tlvs");
    for (const { tag, name, value, hex } of pdu.tlvs) list.append(...pair(`${tag} ${name ?? ""}`, value ?? "", hex.trim()));
    box.append(list);
  }
  const octets = make("details", "octets");
  octets.append(make("summary", "", "0x"), make("pre", "", dump(pdu.hex)));
  box.append(octets);
  return box;
}

function pair(name, value, hex) {
  const meaning = make("dd", "", value);
  if (hex) meaning.append(make("code", "", hex));
  return [make("dt", "", name), meaning];
}

/** Sixteen octets in a line, after their offset. */
function dump(hex) {
  const octets = hex.trim().split(" ");
  const lines = [];
  for (let at = 0; at < octets.length; at += 16) {
    lines.push(`${at.toString(16).padStart(4, "0")}  ${octets.slice(at, at + 16).join(" ")}`);
  }
  return lines.join("\n");
}

function oneLine(text) {
  return (text ?? "").replace(/\s*\n\s*/g, " ⏎ ");
}

function make(tag, className = "", text = "") {
  const element = document.createElement(tag);
  if (className) element.className = className;
  if (text) element.textContent = text;
  return element;
}
