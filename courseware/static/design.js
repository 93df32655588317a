// The design of a certificate: the preview follows what is typed and chosen; nothing is saved.

function asAddress(blob) {
  return new Promise((done, failed) => {
    const reader = new FileReader();
    reader.onload = () => done(reader.result);
    reader.onerror = () => failed(reader.error);
    reader.readAsDataURL(blob);
  });
}

for (const form of document.querySelectorAll("form[data-design-preview]")) {
  const picture = form.querySelector("[data-picture]");
  const said = form.querySelector("[data-said]");
  const ink = form.elements.accent;
  const otherInk = form.elements.other_ink;
  let wait = 0;
  let asked = null;

  form.querySelector("[data-without-script]").hidden = true;

  const show = async () => {
    const values = new FormData(form);
    for (const [name, value] of [...values]) {
      if (value instanceof File || name === "_key" || name === "do") values.delete(name);
    }
    asked?.abort();
    asked = new AbortController();
    picture.classList.add("waiting");
    try {
      const answer = await fetch(form.dataset.designPreview, {
        method: "POST",
        body: values,
        signal: asked.signal,
      });
      if (answer.ok) {
        picture.src = await asAddress(await answer.blob());
        said.textContent = "";
      } else if (answer.status === 422) {
        said.textContent = await answer.text();
      }
      picture.classList.remove("waiting");
    } catch (error) {
      // A newer wish overtook this one, or the network went away; the next change asks again.
      if (error.name !== "AbortError") picture.classList.remove("waiting");
    }
  };

  // What was sent and refused is shown as it was typed.
  if (form.querySelector(".error-summary")) show();

  form.addEventListener("input", (event) => {
    if (event.target.type === "file" || event.target.name.startsWith("remove.")) return;
    if (event.target === ink) otherInk.checked = true;
    if ((event.target.name === "design" || event.target === otherInk) && !otherInk.checked) {
      ink.value = form.querySelector("[name=design]:checked").dataset.ink;
    }
    clearTimeout(wait);
    wait = setTimeout(show, 350);
  });
}
