// The texts, there and back, with what they cost.

const SVG = "http://www.w3.org/2000/svg";

/** A symbol of the page; with a label it is an image, without it is decoration. */
export function icon(symbol, label, className) {
  const svg = document.createElementNS(SVG, "svg");
  const use = document.createElementNS(SVG, "use");
  use.setAttribute("href", `#${symbol}`);
  svg.append(use);
  if (className) svg.setAttribute("class", className);
  if (label) {
    svg.setAttribute("role", "img");
    svg.setAttribute("aria-label", label);
  } else {
    svg.setAttribute("aria-hidden", "true");
  }
  return svg;
}

/** `2026-11-23T09:00:00.000` as `23.11. 09:00`. */
export function when(at) {
  const [, , month, day, time] = /^(\d+)-(\d+)-(\d+)T(\d+:\d+)/.exec(at);
  return `${day}.${month}. ${time}`;
}

/** The list of texts beside the phone. */
export class Texts {
  constructor(list, count) {
    Object.assign(this, { list, count, total: 0 });
  }

  reset() {
    this.total = 0;
    this.count.textContent = "0";
    this.list.replaceChildren();
  }

  hear(event) {
    if (event.is === "sms") this.#add(event, "in");
    else if (event.is === "sent") this.#add(event, "out");
  }

  #add({ from, text, at, segments, units, alphabet }, way) {
    const item = document.createElement("li");
    item.className = way;
    const body = document.createElement("p");
    body.textContent = text;
    const foot = document.createElement("footer");
    const day = document.createElement("time");
    day.dateTime = `${at}+04:00`;
    day.textContent = way === "in" ? `${from}  ${when(at)}` : when(at);
    foot.append(day);
    if (segments) {
      const price = document.createElement("span");
      price.setAttribute("aria-label", `${segments} segments, ${units} units of ${alphabet}`);
      price.setAttribute("role", "img");
      price.textContent = `${"▮".repeat(Math.min(segments, 10))} ${segments} · ${units} ${alphabet}`;
      foot.append(price);
    }
    item.append(body, foot);
    this.list.append(item);
    this.total += 1;
    this.count.textContent = this.total;
    this.list.scrollTop = this.list.scrollHeight;
  }
}
