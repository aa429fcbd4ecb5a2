import { rank } from "./recommendations.js";

/**
 * <fit-finder>: “Which fits you?” without asking the server. It holds the form, a line that says what came of it, the
 * list of cards, and the data to rank them by. Whatever is chosen takes effect at once: the cards change places and say
 * why they are recommended. Nothing is sent and nothing is kept; when a browser brings choices back, they are shown.
 */
class FitFinder extends HTMLElement {
  #form;
  #line;
  #cards;
  #data;
  #ranked = false;

  connectedCallback() {
    this.#form = this.querySelector("form");
    this.#line = this.querySelector("[role=status]");
    this.#cards = this.querySelector(".cards");
    this.#data = JSON.parse(this.querySelector("script").textContent);
    this.#form.addEventListener("change", () => this.#rank());
    this.#form.addEventListener("reset", () => setTimeout(() => this.#rank())); // it is told before it happens
    this.#form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.#rank();
      this.#line.focus({ preventScroll: true });
      this.#line.scrollIntoView();
    });
    addEventListener("pageshow", () => {
      if (new FormData(this.#form).entries().next().done && !this.#ranked) return;
      this.#form.closest("details").open = true;
      this.#rank();
    });
  }

  #rank() {
    const [deck] = Object.keys(this.#data.decks);
    const found = rank(this.#data, deck, new FormData(this.#form).values());
    const cards = new Map(Array.from(this.#cards.children, (card) => [card.dataset.id, card]));
    const order = found.map(({ id }) => cards.get(id));
    found.forEach(({ reason }, place) => explain(order[place], reason));
    // Moving a card takes the focus from it: only when they do change places.
    if (order.some((card, place) => card !== this.#cards.children[place])) this.#cards.append(...order);
    const words = said(found, order.map((card) => card.querySelector(".card-title").textContent.trim()));
    if (this.#line.textContent !== words) this.#line.textContent = words;
    this.#ranked = true;
  }
}

function explain(card, reason) {
  const line = card.querySelector(".fits") ?? document.createElement("p");
  line.className = "fits";
  line.textContent = reason;
  if (reason) card.append(line);
  else line.remove();
}

// What `_said` in rulepages/fitting.py returns.
function said(found, titles) {
  if (found[0].score === null) return "Nothing is chosen, so all stand in their usual order.";
  const [first, ...others] = titles.filter((_, place) => found[place].reason).slice(0, 3);
  if (!first) return "That alone does not tell them apart. Please choose one thing more.";
  return `The best fit comes first: ${first}${others.length ? ", then " : ""}${others.join(" and ")}.`;
}

customElements.define("fit-finder", FitFinder);
