// The window's script: sends what was entered to the client it came from, shows the sheet that it answers, closes
// after success.
"use strict";
(() => {
  const { window: id, language } = document.body.dataset;
  const words = JSON.parse(document.getElementById("words").content.textContent);
  const part = (name) => document.getElementById(name);
  const fields = [...document.querySelectorAll("input.secret")];
  let isWorking = false;
  let isOver = false;
  let wasAbsent = false;
  let remark = null;
  let endsAt = 0;
  let isPresent = false;
  let isSeen = false; // nothing can be entered before the first sheet says that it may
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

  function clear() { for (const field of fields) field.value = ""; }

  // The client's own pictures of the pages: which are there, and which is shown.
  let pages = [];
  let place = 0;

  function turn(step) {
    place = Math.min(Math.max(place + step, 0), pages.length - 1);
    const page = pages[place];
    const picture = part("picture");
    if (picture.getAttribute("src") !== page.url) { picture.src = page.url; part("frame").scrollTop = 0; }
    picture.alt = page.label;
    part("which").textContent = pages.length > 1 ? `${page.label} (${place + 1}/${pages.length})` : page.label;
    part("before").hidden = part("after").hidden = pages.length < 2;
    part("before").disabled = place === 0;
    part("after").disabled = place === pages.length - 1;
  }

  function enlarge(isLarge) {
    part("pages").classList.toggle("large", isLarge);
    part("larger").setAttribute("aria-pressed", String(isLarge));
    part("larger").textContent = isLarge ? words.pictures_smaller : words.pictures_larger;
  }

  // Nothing may be entered before the client has seen what is signed.
  function look(pictures) {
    const { state } = pictures;
    part("pages").hidden = state === "none";
    part("card").classList.toggle("wide", state !== "none");
    if (part("looked").textContent !== pictures.text) part("looked").textContent = pictures.text;
    part("looked").className = `looked ${state}`;
    part("again").hidden = !pictures.again;
    part("again").textContent = pictures.again;
    if (JSON.stringify(pages) !== JSON.stringify(pictures.pages)) {
      pages = pictures.pages;
      place = 0;
      if (pages.length) turn(0); else { part("picture").removeAttribute("src"); enlarge(false); }
    }
    part("frame").hidden = part("tools").hidden = !pages.length;
    isSeen = state === "none" || state === "ready";
    for (const field of fields) {
      if (field.disabled === isSeen) { field.disabled = !isSeen; if (isSeen && field === fields[0]) field.focus(); }
    }
  }

  // The documents of a batch, each with what becomes of it; and the sentence that has to be ticked.
  let listed = "";

  function list(items, sentence) {
    part("items").hidden = !items.length;
    part("consent").hidden = !sentence;
    if (part("sentence").textContent !== sentence) part("sentence").textContent = sentence;
    const text = JSON.stringify(items);
    if (text === listed) return;
    listed = text;
    part("items").replaceChildren(...items.map((item) => {
      const [row, title, hint] = ["li", "b", "div"].map((name) => document.createElement(name));
      title.textContent = item.text;
      hint.textContent = item.hint;
      hint.className = "small";
      row.className = item.tone;
      row.append(title, hint);
      return row;
    }));
  }

  const isAgreed = () => part("consent").hidden || part("agree").checked;

  function end(title, text, tone) {
    isOver = true;
    clear();
    part("picture").removeAttribute("src");
    part("card").classList.remove("wide");
    part("ask").hidden = true;
    part("switch").hidden = true;
    part("end").hidden = false;
    part("end-title").textContent = title;
    part("end-text").textContent = text;
    part("end-sign").className = `sign ${tone}`;
    part("close").focus();
    if (tone === "good") setTimeout(() => window.close(), 900);
  }

  function show(sheet) {
    if (isOver) return;
    if (sheet.phase !== "waiting") { end(sheet.done_title, sheet.done_text, sheet.done_tone); return; }
    endsAt = performance.now() + sheet.seconds_left * 1000;
    part("tries").textContent = sheet.tries;
    part("last").hidden = !sheet.is_last_try;
    if (!sheet.is_key_present) { wasAbsent = true; banner(words.key_absent, "bad"); }
    else if (wasAbsent) { wasAbsent = false; remark = null; banner(words.key_back, "good"); }
    else if (remark) banner(remark, "bad");
    else if (part("banner").classList.contains("bad")) banner("", "");
    look(sheet.pictures);
    list(sheet.items, sheet.consent);
    isPresent = sheet.is_key_present;
    enable();
  }

  function enable() { part("confirm").disabled = isWorking || !isPresent || !isSeen || !isAgreed(); }

  // What can be said of a new PIN before it is sent; the client checks the same again.
  function slip() {
    const [fresh, again, old] = ["new_pin", "new_pin_again", "old_pin"].map((name) => part(name)?.value);
    if (fresh === undefined) return null;
    if (fresh !== again) return words.new_pin_differs;
    const letters = [...fresh];
    if (letters.length < Number(words.least) || fresh === old || new Set(letters).size === 1) return words.new_pin_weak;
    return null;
  }

  // The secrets in the order of the sheet, with a zero byte in between.
  function entered() {
    const parts = fields.map((field) => new TextEncoder().encode(field.value));
    const body = new Uint8Array(parts.reduce((sum, one) => sum + one.length, parts.length - 1));
    let at = 0;
    for (const one of parts) { body.set(one, at); at += one.length + 1; one.fill(0); }
    return body;
  }

  function working(state) {
    isWorking = state;
    for (const field of fields) field.readOnly = state;
    part("confirm").disabled = state;
    part("cancel").disabled = state;
    if (state) banner(words.working, "");
  }

  function shake() {
    part("entry").classList.remove("shake");
    void part("entry").offsetWidth;
    part("entry").classList.add("shake");
  }

  async function confirm() {
    const wrong = slip();
    if (wrong) { remark = wrong; banner(remark, "bad"); shake(); part("new_pin").focus(); return; }
    const body = entered();
    const headers = { "Content-Type": "application/octet-stream", "X-Last-Try": part("accept").checked ? "accepted" : "no" };
    if (!part("consent").hidden) headers["X-Consent"] = part("agree").checked ? "agreed" : "no";
    working(true);
    try {
      const sheet = await ask("confirm", { method: "POST", headers, body });
      remark = sheet.last_problem;
      working(false);
      banner("", "");
      show(sheet);
    } catch (error) {
      working(false);
      remark = error.problem ? error.problem[language] : words.lost;
      banner(remark, "bad");
    } finally {
      body.fill(0);
      clear();
      part("accept").checked = false;
      if (!isOver) { shake(); fields[0].focus(); }
    }
  }

  async function cancel() {
    try { show(await ask("cancel", { method: "POST" })); } catch { /* the client is gone: nothing was done */ }
    window.close();
  }

  async function follow() {
    if (isOver) return;
    if (!isWorking) {
      try {
        const sheet = await ask("sheet", {});
        if (!isWorking) { if (remark === words.lost) remark = null; show(sheet); }
      } catch (error) {
        if (error.problem) end(words.gone_title, error.problem[language], "bad");
        else { remark = words.lost; banner(remark, "bad"); }
      }
    }
    setTimeout(follow, isSeen || !part("again").hidden ? 2000 : 250);
  }

  async function lookAgain() {
    part("again").hidden = true;
    try { remark = null; show(await ask("pages", { method: "POST" })); }
    catch (error) { remark = error.problem ? error.problem[language] : words.lost; banner(remark, "bad"); }
  }

  function tick() {
    const left = Math.max(0, Math.round((endsAt - performance.now()) / 1000));
    const time = `${Math.floor(left / 60)}:${String(left % 60).padStart(2, "0")}`;
    part("clock").textContent = endsAt ? filled(words.time_left, { time }) : "";
    part("clock").classList.toggle("soon", left < 30);
  }

  part("ask").addEventListener("submit", (event) => { event.preventDefault(); if (!isWorking && !part("confirm").disabled) void confirm(); });
  // A slip is said as soon as the last field is left, and is gone with the next key pressed: not when a field is
  // left, for then the button would move away from under the pointer that is pressing it.
  part("new_pin_again")?.addEventListener("change", () => {
    const wrong = isWorking ? null : slip();
    if (wrong) { remark = wrong; banner(wrong, "bad"); }
  });
  part("entry").addEventListener("input", () => {
    if (remark === words.new_pin_differs || remark === words.new_pin_weak) { remark = null; banner("", ""); }
  });
  part("agree").addEventListener("change", enable);
  part("before").addEventListener("click", () => turn(-1));
  part("after").addEventListener("click", () => turn(+1));
  part("larger").addEventListener("click", () => enlarge(!part("pages").classList.contains("large")));
  part("again").addEventListener("click", () => void lookAgain());
  part("cancel").addEventListener("click", () => void cancel());
  part("close").addEventListener("click", () => window.close());
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || isWorking || isOver) return;
    if (part("pages").classList.contains("large")) enlarge(false); else void cancel();
  });
  setInterval(tick, 1000);
  void follow();
})();
