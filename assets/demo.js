// The demo page: shows what the server tells (`/demo/events`) and posts what the visitor does. It holds no rules of a
// call; which button can act follows from the state alone. All text enters the page as text, never as markup.

const CHARACTERS = [
  ["manual", "by hand"],
  ["answers", "answers after 3 s"],
  ["rings_out", "lets it ring"],
  ["mailbox", "mailbox picks up"],
  ["declines", "declines"],
  ["same_instant", "same instant as another"],
];

// As they lie on a telephone, three in a row.
const KEYS = ["1", "2", "3", "4", "5", "6", "7", "8", "9", "*", "0", "#"];

const ARROWS = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -3, ArrowDown: 3 };

// What a device can do in each of its states; a key stands for the whole keypad.
const CALLER_CAN = {
  idle: ["call"],
  calling: ["hang_up", "press"],
  connected: ["hang_up", "press"],
  ended: ["call"],
};
const PHONE_CAN = {
  idle: [],
  ringing: ["answer", "decline", "mailbox"],
  answered: ["hang_up", "press"],
  talking: ["hang_up", "press"],
  mailbox: ["hang_up"],
};

const OFF_HOOK = new Set(["calling", "connected", "answered", "talking", "mailbox"]);
const MOST_FACTS = 600;

const byId = (id) => document.getElementById(id);
const devices = new Map(); // id -> { card, can, state, shown }
const callerHues = new Map(); // caller's name -> 0 or 1

// --- Talking to the server ------------------------------------------------------------------------------------------

function listen() {
  const events = new EventSource("/demo/events");
  events.addEventListener("open", () => showConnection("live", "Live"));
  events.addEventListener("error", () => showConnection("lost", "Reconnecting"));
  events.addEventListener("snapshot", (event) => showSnapshot(JSON.parse(event.data)));
  events.addEventListener("fact", (event) => timeline.add(JSON.parse(event.data)));
}

async function act(...path) {
  sound.wake();
  const url = ["/demo", ...path.map(encodeURIComponent)].join("/");
  try {
    const answer = await fetch(url, { method: "POST", headers: { "X-Ringall-Demo": "1" } });
    // 409 is a sentence about the telephones as they are now.
    const words = answer.status === 409 ? await answer.text() : `That did not work (${answer.status}).`;
    showNotice(answer.ok ? "" : words);
  } catch {
    showNotice("The server cannot be reached. Is the demo still running?");
  }
}

// --- The snapshot ---------------------------------------------------------------------------------------------------

function showSnapshot({ line, callers, phones }) {
  setText(byId("line-name"), line.name);
  setText(byId("line-number"), spaced(line.number));
  callers.forEach((caller, index) => callerHues.set(caller.name, index % 2));

  const news = [];
  callers.forEach((caller) => showDevice("callers", caller, CALLER_CAN, callerWords(caller), news));
  phones.forEach((phone) => showDevice("phones", phone, PHONE_CAN, phoneWords(phone), news));

  showAllCharacters(phones);
  const ringing = phones.filter((phone) => phone.state === "ringing").length;
  sound.ring(ringing > 0);
  setText(byId("tab-phones"), ringing > 0 ? `${ringing} ringing` : "");
  setText(byId("tab-callers"), count(callers.filter((caller) => OFF_HOOK.has(caller.state)).length, "in a call"));
  announce(news);
}

function callerWords({ state, talking_with }) {
  switch (state) {
    case "calling":
      return "Calling the line";
    case "connected":
      return talking_with.length > 0 ? `Talks with ${list(talking_with)}` : "Connected";
    case "ended":
      return "Call ended";
    default:
      return "Not in a call";
  }
}

function phoneWords({ state, talking_with, rings_for }) {
  switch (state) {
    case "ringing":
      return rings_for ? `Rings for ${rings_for}` : "Rings";
    case "answered":
      return "Picked up";
    case "talking":
      return talking_with.length > 0 ? `Talks with ${list(talking_with)}` : "Talks";
    case "mailbox":
      return "Mailbox picked up";
    default:
      return "Quiet";
  }
}

function showDevice(kind, seen, abilities, words, news) {
  const device = devices.get(seen.id) ?? addDevice(kind, seen);
  const { card } = device;
  const changed = device.words !== undefined && device.words !== words;
  device.words = words;
  device.state = seen.state;
  device.can = new Set(abilities[seen.state] ?? []);

  const focused = card.contains(document.activeElement) ? document.activeElement : null;
  card.dataset.state = seen.state;
  card.dataset.hook = OFF_HOOK.has(seen.state) ? "off" : "on";
  card.dataset.hue = hueOf(kind, seen);
  setText(device.name, seen.name);
  setText(device.digits, shortened(seen.number));
  setText(device.doing, words);
  setText(device.hears, seen.hears);
  for (const button of device.buttons) {
    button.disabled = !device.can.has(button.dataset.act);
  }
  if (device.character && document.activeElement !== device.character) {
    device.character.value = seen.character;
  }
  if (device.clock) {
    device.since = OFF_HOOK.has(seen.state) ? performance.now() - seen.since_ms : null;
    tick(device);
  }
  // Whoever uses the keyboard stays at this telephone, and does not find a finger on the opposite button.
  if (focused?.disabled) {
    card.focus({ preventScroll: true });
  }
  if (changed) {
    news.push([seen.name, words]);
  }
}

function addDevice(kind, seen) {
  const template = byId(kind === "callers" ? "caller-template" : "phone-template");
  const card = template.content.firstElementChild.cloneNode(true);
  const part = (name) => card.querySelector(name);
  const title = `${seen.id}-name`;
  part(".device-name").id = title;
  card.setAttribute("aria-labelledby", title);
  card.tabIndex = -1;

  part(".keypad").setAttribute("role", "group");
  part(".keypad").setAttribute("aria-label", `Keypad, ${seen.name}`);
  for (const key of KEYS) {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "key";
    button.dataset.act = "press";
    button.dataset.key = key;
    button.textContent = key;
    // One stop for the tabulator; from there the arrows lead on, and typed digits press their keys.
    button.tabIndex = key === KEYS[0] ? 0 : -1;
    part(".keypad").append(button);
  }

  const device = {
    card,
    name: part(".device-name"),
    digits: part(".digits"),
    doing: part(".doing"),
    hears: part(".hears"),
    clock: part(".clock"),
    character: part(".character"),
    buttons: [...card.querySelectorAll("button")],
    can: new Set(),
  };
  for (const button of device.buttons) {
    const what = button.dataset.key ? `Key ${button.dataset.key}` : button.textContent.trim();
    button.setAttribute("aria-label", `${what}, ${seen.name}`);
  }

  card.addEventListener("click", (event) => {
    const button = event.target.closest("button");
    if (button?.dataset.key) {
      press(kind, seen.id, button.dataset.key);
    } else if (button) {
      act(kind, seen.id, button.dataset.act);
    }
  });
  card.addEventListener("keydown", (event) => {
    const typing = event.target === device.character || event.ctrlKey || event.altKey || event.metaKey;
    if (!typing && KEYS.includes(event.key) && device.can.has("press")) {
      event.preventDefault();
      press(kind, seen.id, event.key);
    } else if (event.target.dataset.key && event.key in ARROWS) {
      event.preventDefault();
      const next = KEYS[KEYS.indexOf(event.target.dataset.key) + ARROWS[event.key]];
      keyOf(device, next)?.focus();
    }
  });
  if (device.character) {
    fillCharacters(device.character);
    device.character.setAttribute("aria-label", `Acts, ${seen.name}`);
    device.character.addEventListener("change", () => act(kind, seen.id, "character", device.character.value));
  }

  if (kind === "callers") {
    byId("caller-list").append(card);
  } else {
    byId("phone-list").insertBefore(card, byId("hints"));
  }
  devices.set(seen.id, device);
  return device;
}

function press(kind, id, key) {
  const button = keyOf(devices.get(id), key);
  button.classList.remove("pressed");
  requestAnimationFrame(() => button.classList.add("pressed"));
  button.addEventListener("animationend", () => button.classList.remove("pressed"), { once: true });
  act(kind, id, "press", key);
  sound.key(key);
}

function keyOf(device, key) {
  return device.buttons.find((button) => button.dataset.key === key && key !== undefined);
}

function hueOf(kind, seen) {
  const name = kind === "callers" ? seen.name : seen.talking_with[0];
  return callerHues.has(name) ? String(callerHues.get(name)) : "";
}

function tick(device) {
  setText(device.clock, device.since === null ? "" : clockWords(performance.now() - device.since).slice(0, 5));
}

// --- Characters -----------------------------------------------------------------------------------------------------

function fillCharacters(select) {
  for (const [value, words] of CHARACTERS) {
    select.add(new Option(words, value));
  }
}

function showAllCharacters(phones) {
  const select = byId("all-characters");
  const same = phones.every((phone) => phone.character === phones[0].character);
  if (document.activeElement !== select) {
    select.value = phones.length > 0 && same ? phones[0].character : "";
  }
}

function setAllCharacters(character) {
  for (const [id, device] of devices) {
    if (device.character && character !== "") {
      device.character.value = character;
      act("phones", id, "character", character);
    }
  }
}

// --- The timeline ---------------------------------------------------------------------------------------------------

const timeline = {
  seen: new Set(),
  lastCall: null,

  add(fact) {
    // After a reconnection the server may tell again what it told before.
    const key = `${fact.call} ${fact.at_ms} ${fact.text}`;
    if (this.seen.has(key)) {
      return;
    }
    this.seen.add(key);

    const item = byId("fact-template").content.firstElementChild.cloneNode(true);
    const time = item.querySelector(".fact-time");
    setText(time, clockWords(fact.since_start_ms));
    time.dateTime = `PT${(fact.since_start_ms / 1000).toFixed(3)}S`;
    setText(item.querySelector(".fact-text"), fact.text);
    item.dataset.kind = fact.kind;
    item.dataset.hue = callerHues.get(fact.caller) ?? "";
    if (fact.call !== this.lastCall) {
      item.dataset.caller = fact.caller;
      this.lastCall = fact.call;
    }

    const follows = this.isAtTheEnd();
    byId("facts").append(item);
    while (byId("facts").childElementCount > MOST_FACTS) {
      byId("facts").firstElementChild.remove();
    }
    this.refresh();
    if (follows) {
      this.toTheEnd();
    } else {
      byId("newest").hidden = false;
    }
  },

  clear() {
    byId("facts").replaceChildren();
    this.lastCall = null;
    this.refresh();
  },

  refresh() {
    const facts = byId("facts").childElementCount;
    byId("facts-empty").hidden = facts > 0;
    byId("clear").disabled = facts === 0;
    byId("newest").hidden = true;
    setText(byId("tab-facts"), facts > 0 ? String(facts) : "");
  },

  isAtTheEnd() {
    const view = byId("facts-view");
    return view.scrollHeight - view.scrollTop - view.clientHeight < 24;
  },

  toTheEnd() {
    const view = byId("facts-view");
    view.scrollTop = view.scrollHeight;
    byId("newest").hidden = true;
  },
};

// --- Sound ----------------------------------------------------------------------------------------------------------

// Made here and not loaded. Browsers keep quiet until the visitor has touched the page.
const sound = {
  context: null,
  wanted: localStorage.getItem("ringall-demo-sound") !== "off",
  ringing: false,
  bell: null,
  timer: null,

  wake() {
    if (!this.wanted) {
      return;
    }
    this.context ??= new AudioContext();
    if (this.context.state === "suspended") {
      this.context.resume().then(() => this.ring(this.ringing));
    } else {
      this.ring(this.ringing);
    }
  },

  toggle() {
    this.wanted = !this.wanted;
    localStorage.setItem("ringall-demo-sound", this.wanted ? "on" : "off");
    this.show();
    if (this.wanted) {
      this.wake();
    } else {
      this.hush();
    }
  },

  show() {
    byId("sound").setAttribute("aria-pressed", String(this.wanted));
    setText(byId("sound-words"), this.wanted ? "Sound" : "Muted");
  },

  ring(ringing) {
    this.ringing = ringing;
    const audible = ringing && this.wanted && this.context?.state === "running";
    if (audible && this.timer === null) {
      this.ringOnce();
      this.timer = setInterval(() => this.ringOnce(), 3000);
    } else if (!audible) {
      this.hush();
    }
  },

  // Twice four tenths of a second, then quiet: the cadence of the line's own ringback.
  ringOnce() {
    const start = this.context.currentTime + 0.02;
    this.bell = this.context.createGain();
    this.bell.connect(this.context.destination);
    for (const burst of [start, start + 0.6]) {
      this.tone(this.bell, [620, 784], burst, 0.4, 0.05, 22);
    }
  },

  hush() {
    clearInterval(this.timer);
    this.timer = null;
    if (this.bell) {
      this.bell.gain.setTargetAtTime(0, this.context.currentTime, 0.02);
      this.bell = null;
    }
  },

  key(key) {
    if (!this.wanted || this.context?.state !== "running") {
      return;
    }
    const at = KEYS.indexOf(key);
    const row = [697, 770, 852, 941][Math.floor(at / 3)];
    const column = [1209, 1336, 1477][at % 3];
    this.tone(this.context.destination, [row, column], this.context.currentTime, 0.12, 0.04, 0);
  },

  tone(output, frequencies, start, seconds, loudness, trill) {
    const envelope = this.context.createGain();
    envelope.gain.setValueAtTime(0, start);
    envelope.gain.linearRampToValueAtTime(loudness, start + 0.01);
    envelope.gain.setValueAtTime(loudness, start + seconds - 0.03);
    envelope.gain.linearRampToValueAtTime(0, start + seconds);
    envelope.connect(output);

    const warble = this.context.createGain();
    warble.connect(envelope);
    const play = (type, frequency, target) => {
      const source = this.context.createOscillator();
      source.type = type;
      source.frequency.value = frequency;
      source.connect(target);
      source.start(start);
      source.stop(start + seconds);
    };
    frequencies.forEach((frequency) => play(trill > 0 ? "triangle" : "sine", frequency, warble));
    if (trill > 0) {
      const depth = this.context.createGain();
      depth.gain.value = 0.4;
      depth.connect(warble.gain);
      play("sine", trill, depth);
    }
  },
};

// --- Words ----------------------------------------------------------------------------------------------------------

function announce(news) {
  if (news.length === 0) {
    return;
  }
  const byWords = new Map();
  for (const [name, words] of news) {
    byWords.set(words, [...(byWords.get(words) ?? []), name]);
  }
  const sentences = [...byWords].map(([words, names]) => `${list(names)}: ${words}.`);
  setText(byId("announcer"), sentences.join(" "));
}

function showConnection(state, words) {
  byId("live").dataset.state = state;
  setText(byId("live-words"), words);
}

function showNotice(words) {
  setText(byId("notice"), words);
  byId("notice").hidden = words === "";
}

function list(names) {
  const others = names.slice(0, -1).join(", ");
  return others === "" ? names[0] : `${others} and ${names.at(-1)}`;
}

function count(number, what) {
  return number > 0 ? `${number} ${what}` : "";
}

// 83456 -> "01:23.456"
function clockWords(millis) {
  const whole = Math.max(0, Math.floor(millis));
  const pad = (number, width) => String(number).padStart(width, "0");
  return `${pad(Math.floor(whole / 60000), 2)}:${pad(Math.floor(whole / 1000) % 60, 2)}.${pad(whole % 1000, 3)}`;
}

// Only the last digits of a person's number are shown, also if the server sends more.
function shortened(number) {
  return `…${number.slice(-2)}`;
}

function spaced(number) {
  return number.replace(/^(\+\d{2})(\d{4})(\d+)$/, "$1 $2 $3");
}

function setText(element, words) {
  if (element.textContent !== words) {
    element.textContent = words;
  }
}

// --- Beginning ------------------------------------------------------------------------------------------------------

fillCharacters(byId("all-characters"));
byId("all-characters").addEventListener("change", (event) => setAllCharacters(event.target.value));
byId("clear").addEventListener("click", () => timeline.clear());
byId("newest").addEventListener("click", () => timeline.toTheEnd());
byId("facts-view").addEventListener("scroll", () => {
  byId("newest").hidden ||= timeline.isAtTheEnd();
});
byId("sound").addEventListener("click", () => sound.toggle());
document.addEventListener("pointerdown", () => sound.wake());
document.addEventListener("keydown", () => sound.wake());
setInterval(() => {
  for (const device of devices.values()) {
    if (device.clock) {
      tick(device);
    }
  }
}, 250);
sound.show();
listen();
