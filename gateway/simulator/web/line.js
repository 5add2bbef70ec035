// The page's line to its phone: what it asks for, and what it hears.

const KEPT = "dayaq.phone";
const RETRY_MS = 1000;

/** A phone on the simulated network. It comes back by itself after the program was started anew. */
export class Line {
  /**
   * `hear` is called with each event, `connect` with the phone each time that it begins to be heard from the start,
   * `lose` and `regain` when it cannot be heard for a while.
   */
  constructor({ hear, connect, lose, regain }) {
    Object.assign(this, { hear, connect, lose, regain, phone: null, source: null });
  }

  async open() {
    const kept = recall();
    if (kept && (await this.#listen(kept))) return;
    for (;;) {
      try {
        const phone = await this.#take(kept?.number);
        remember(phone);
        if (await this.#listen(phone)) return;
      } catch {
        this.lose();
      }
      await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
    }
  }

  /** Lets the phone do something; what comes of it is an event. Resolves to whether it was taken on. */
  async perform(deed, text = "") {
    try {
      const response = await post(`/api/phones/${this.phone.id}/${deed}`, { text });
      return response.ok;
    } catch {
      return false;
    }
  }

  async #take(number) {
    const response = await post("/api/phones", number ? { number } : {});
    if (!response.ok) throw new Error(String(response.status));
    return response.json();
  }

  /** Resolves to true once the stream is open, to false where nobody knows the phone. */
  #listen(phone) {
    return new Promise((resolve) => {
      const source = new EventSource(`/api/phones/${phone.id}/events`);
      source.onopen = () => {
        if (this.source !== source) {
          this.source = source;
          this.phone = phone;
          this.connect(phone);
          resolve(true);
        }
        this.regain();
      };
      source.onmessage = (message) => this.hear(JSON.parse(message.data));
      source.onerror = () => {
        // While the browser tries again by itself, the phone is merely out of reach.
        this.lose();
        if (source.readyState !== EventSource.CLOSED) {
          if (this.source !== source) {
            source.close();
            resolve(false);
          }
          return;
        }
        if (this.source === source) {
          this.source = null;
          this.open();
        }
        resolve(false);
      };
    });
  }
}

function post(path, body) {
  return fetch(path, { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(body) });
}

function recall() {
  try {
    return JSON.parse(sessionStorage.getItem(KEPT));
  } catch {
    return null;
  }
}

function remember(phone) {
  try {
    sessionStorage.setItem(KEPT, JSON.stringify(phone));
  } catch {
    // Without storage a page that is loaded again has another phone.
  }
}
