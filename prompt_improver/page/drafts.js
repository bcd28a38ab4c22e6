// What was typed and not sent: it outlives that the result is drawn anew, and another one is shown.

const drafts = new Map();

/** Remember what is typed in `card`, which shows `id`. */
export function remember(card, id) {
  for (const input of card.querySelectorAll("[data-draft]")) {
    const name = `${id}/${input.id}`;
    if (input.value && input.value !== input.defaultValue) drafts.set(name, input.value);
    else drafts.delete(name);
  }
}

export function bringBack(card, id) {
  for (const input of card.querySelectorAll("[data-draft]")) {
    input.value = drafts.get(`${id}/${input.id}`) ?? input.value;
  }
}

export const has = (id, inputId) => drafts.has(`${id}/${inputId}`);

/** It was sent, or is not wanted. */
export function forget(id, inputId) {
  for (const name of drafts.keys()) {
    if (inputId ? name === `${id}/${inputId}` : name.startsWith(`${id}/`)) drafts.delete(name);
  }
}

// The idea itself outlives a reload, in this tab.
const idea = document.getElementById("idea");
idea.value ||= sessionStorage.getItem("idea") ?? "";
idea.addEventListener("input", () => sessionStorage.setItem("idea", idea.value));
