// The server's API_KEY: asked for once, kept until the browser's tab is closed.
import { make } from "./dom.js";

const NAME = "api_key";
let asking = null;

export const knownKey = () => sessionStorage.getItem(NAME);

/** Ask for the key, one question at a time. Resolves with it, or with null where none is given. */
export function askKey(wasRefused) {
  asking ??= ask(wasRefused).finally(() => (asking = null));
  return asking;
}

function ask(wasRefused) {
  const input = make("input", { type: "password", id: "key", autocomplete: "off", required: true, spellcheck: "false" });
  const { promise, resolve } = Promise.withResolvers();
  const give = (event) => {
    event.preventDefault();
    const key = input.value.trim();
    if (!key) return;
    sessionStorage.setItem(NAME, key);
    resolve(key);
    dialog.close();
  };
  const dialog = make(
    "dialog",
    { class: "key-dialog", "aria-labelledby": "key-heading", onclose: () => { resolve(null); dialog.remove(); } },
    make("form", { onsubmit: give },
      make("h2", { id: "key-heading" }, "This server needs its key"),
      make("p", {}, wasRefused
        ? "The key was refused. Look at API_KEY in the settings of the server."
        : "It is the API_KEY in the settings of the server. This tab keeps it until it is closed."),
      make("label", { for: "key" }, "Key"), input,
      make("div", { class: "actions" },
        make("button", { class: "primary", type: "submit" }, "Use this key"),
        make("button", { type: "button", onclick: () => dialog.close() }, "Not now"))),
  );
  document.body.append(dialog);
  dialog.showModal();
  return promise;
}
