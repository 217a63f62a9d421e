/* The people of the page, and the one of them whose numbers are shown. */

const NOBODY = { curves: [], bands: [], cycles: [], strips: [] };

class People {
  #listeners = [];

  /** `choice` offers everybody; what the page has in `data-person` is shown of the chosen one alone. */
  constructor(people, frames, choice) {
    this.all = people;
    this.chosen = people.find(({ main }) => main) ?? people[0] ?? NOBODY;
    choice.append(...people.map((person, number) => this.#option(person, number, frames)));
    choice.addEventListener("change", () => {
      this.chosen = people[Number(choice.value)];
      for (const listener of this.#listeners) listener(this.chosen);
    });
    this.onChange(() => this.#reveal());
  }

  /** Call `listener(person)` now, and whenever another one is chosen. */
  onChange(listener) {
    this.#listeners.push(listener);
    listener(this.chosen);
  }

  #option(person, number, frames) {
    const seen = Math.round((100 * person.seen) / Math.max(1, frames));
    return new Option(`id ${person.id}, seen in ${seen} %`, String(number), person === this.chosen, person === this.chosen);
  }

  #reveal() {
    const number = String(this.all.indexOf(this.chosen));
    for (const part of document.querySelectorAll("[data-person]")) part.hidden = part.dataset.person !== number;
  }
}
