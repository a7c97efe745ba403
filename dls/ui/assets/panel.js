// Parts of the panel below the images that the reading room and the consensus room share.
import { MALIGNANT_FROM } from "./answer.js";
import { element } from "./elements.js";
import { tool } from "./frame.js";

/** Fill a description list with the patient's clinical data; what is not known is a dash. */
export function showClinical(list, facts) {
  const entry = ({ label, text }) =>
    element(
      "div",
      { class: text === null ? "missing" : null },
      element("dt", {}, label),
      element("dd", text ? {} : { title: "not known" }, text ?? "–"),
    );
  list.replaceChildren(...facts.map(entry));
}

/** Fill a radio group with a button a class, benign and malignant apart; `choose` gets the class's number. */
export function buildChoices(place, classes, choose) {
  const group = (name, from, to) =>
    element(
      "div",
      { class: "group" },
      element("span", { class: "group-name" }, name),
      ...classes.slice(from, to).map((label, n) =>
        tool(label, String(from + n + 1), () => choose(from + n), { role: "radio", class: "choice", "data-class": from + n }),
      ),
    );
  place.replaceChildren(group("Benign", 0, MALIGNANT_FROM), group("Malignant", MALIGNANT_FROM, classes.length));
}

/** Mark the chosen class, or none (null); `ranking` gives the others their places. */
export function showChoice(place, lesionClass, ranking = null) {
  for (const choice of place.querySelectorAll(".choice")) {
    const number = Number(choice.dataset.class);
    const rank = ranking?.indexOf(number) ?? -1;
    choice.setAttribute("aria-checked", String(number === lesionClass));
    choice.toggleAttribute("data-rank", rank >= 0);
    if (rank >= 0) choice.dataset.rank = `${rank + 1}.`;
  }
}
