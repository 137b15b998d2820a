// The window's script: sends the PIN to the client it came from, shows what became of it, closes after success.
"use strict";
(() => {
  const { window: id, language } = document.body.dataset;
  const words = JSON.parse(document.getElementById("words").content.textContent);
  const part = (name) => document.getElementById(name);
  const pin = part("pin");
  let isWorking = false;
  let isOver = false;
  let wasAbsent = false;
  let remark = null;
  let endsAt = 0;
  window.opener = null;

  const filled = (text, facts) => text.replace(/\{(\w+)\}/g, (_, name) => facts[name]);

  async function ask(path, options) {
    const answer = await fetch(`/window/${id}/${path}?lang=${language}`, { cache: "no-store", credentials: "omit", ...options });
    const message = await answer.json();
    if (!answer.ok) throw Object.assign(new Error(message.code), { problem: message });
    return message;
  }

  function banner(text, tone) {
    const box = part("banner");
    if (box.textContent !== text) box.textContent = text;
    box.className = `banner ${tone}`;
    box.hidden = !text;
  }

  function end(title, text, tone) {
    isOver = true;
    pin.value = "";
    part("ask").hidden = true;
    part("switch").hidden = true;
    part("end").hidden = false;
    part("end-title").textContent = title;
    part("end-text").textContent = text;
    part("end-sign").className = `sign ${tone}`;
    part("close").focus();
    if (tone === "good") setTimeout(() => window.close(), 900);
  }

  function finish(view) {
    if (view.phase === "signed") return end(words.signed, words.signed_hint, "good");
    const isLocked = view.problem.code === "PIN_LOCKED";
    return end(isLocked ? words.locked : words.over, view.problem.text, isLocked ? "bad" : "");
  }

  function show(view) {
    if (isOver) return;
    if (view.phase !== "waiting") { finish(view); return; }
    endsAt = performance.now() + view.seconds_left * 1000;
    part("tries").textContent = `${view.tries_left === null ? words.tries_unknown : filled(words.tries, { count: view.tries_left })}${language === "en" ? " " : ""}${words.pin_notice}`;
    part("last").hidden = !view.is_last_try;
    if (!view.is_key_present) { wasAbsent = true; banner(words.key_absent, "bad"); }
    else if (wasAbsent) { wasAbsent = false; remark = null; banner(words.key_back, "good"); }
    else if (remark) banner(remark, "bad");
    else if (part("banner").classList.contains("bad")) banner("", "");
    part("confirm").disabled = isWorking || !view.is_key_present;
  }

  function working(state) {
    isWorking = state;
    pin.readOnly = state;
    part("confirm").disabled = state;
    part("cancel").disabled = state;
    if (state) banner(words.working, "");
  }

  async function confirm() {
    const body = new TextEncoder().encode(pin.value);
    const headers = { "Content-Type": "application/octet-stream", "X-Last-Try": part("accept").checked ? "accepted" : "no" };
    working(true);
    try {
      const view = await ask("confirm", { method: "POST", headers, body });
      remark = view.last_problem ? view.last_problem.text : null;
      working(false);
      banner("", "");
      show(view);
    } catch (error) {
      working(false);
      remark = error.problem ? error.problem[language] : words.lost;
      banner(remark, "bad");
    } finally {
      body.fill(0);
      pin.value = "";
      part("accept").checked = false;
      if (!isOver) {
        part("entry").classList.remove("shake");
        void part("entry").offsetWidth;
        part("entry").classList.add("shake");
        pin.focus();
      }
    }
  }

  async function cancel() {
    try { show(await ask("cancel", { method: "POST" })); } catch { /* the client is gone: nothing was signed */ }
    window.close();
  }

  async function follow() {
    if (isOver) return;
    if (!isWorking) {
      try {
        const view = await ask("view", {});
        if (!isWorking) { if (remark === words.lost) remark = null; show(view); }
      } catch (error) {
        if (error.problem) end(words.over, error.problem[language], "bad");
        else { remark = words.lost; banner(remark, "bad"); }
      }
    }
    setTimeout(follow, 2000);
  }

  function tick() {
    const left = Math.max(0, Math.round((endsAt - performance.now()) / 1000));
    const time = `${Math.floor(left / 60)}:${String(left % 60).padStart(2, "0")}`;
    part("clock").textContent = endsAt ? filled(words.time_left, { time }) : "";
    part("clock").classList.toggle("soon", left < 30);
  }

  part("ask").addEventListener("submit", (event) => { event.preventDefault(); if (!isWorking && !part("confirm").disabled) void confirm(); });
  part("cancel").addEventListener("click", () => void cancel());
  part("close").addEventListener("click", () => window.close());
  document.addEventListener("keydown", (event) => { if (event.key === "Escape" && !isWorking && !isOver) void cancel(); });
  setInterval(tick, 1000);
  void follow();
})();
