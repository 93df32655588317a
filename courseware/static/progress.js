// Long work, watched: asks every second how far it is, and shows the page anew when it is finished.

for (const block of document.querySelectorAll("[data-progress]")) {
  const text = block.querySelector("[data-progress-text]");
  const bar = block.querySelector("progress");
  let pause = 1000;
  const ask = async () => {
    try {
      const answer = await fetch(block.dataset.progress, { headers: { Accept: "application/json" } });
      if (!answer.ok) throw new Error(String(answer.status));
      const now = await answer.json();
      bar.max = now.whole || 1;
      bar.value = now.done;
      if (text.textContent !== now.text) text.textContent = now.text;
      if (now.finished) {
        window.location.reload();
        return;
      }
      pause = 1000;
    } catch {
      // The network comes and goes; the work goes on without us.
      pause = Math.min(pause * 2, 15000);
    }
    setTimeout(ask, pause);
  };
  setTimeout(ask, pause);
}
