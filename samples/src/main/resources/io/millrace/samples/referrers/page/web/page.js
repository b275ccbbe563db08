'use strict';

/* Shows the state that the server sends every second, and sends what buttons ask for. */
(() => {
  const WORKER_COLOURS = 8;
  const MESSAGE_MILLIS = 6000;
  const SIGNS = {add: '+', kill: '×', stop: '■', pause: '‖', resume: '▶', split: '<', merge: '>', rate: '~', note: '!'};
  const GONE = ['killed', 'stopped', 'failed'];

  const get = id => document.getElementById(id);
  const number = new Intl.NumberFormat('en');
  const workerColours = new Map();
  let shownCounts = 0;
  let shownLog = '';
  let messageTimer;

  // ---- helpers

  /* Keeps elements, and with them the focus, for as long as their item is there. */
  function keyed(parent, items, key, create, update) {
    const ids = new Set(items.map(item => String(key(item))));
    [...parent.children].filter(e => !ids.has(e.dataset.key)).forEach(e => e.remove());
    const before = new Map([...parent.children].map(e => [e.dataset.key, e]));
    let at = parent.firstElementChild;
    for (const item of items) {
      const id = String(key(item));
      let element = before.get(id);
      if (!element) {
        element = create(item);
        element.dataset.key = id;
      }
      if (element === at) {
        at = at.nextElementSibling;
      } else {
        parent.insertBefore(element, at);
      }
      update(element, item);
    }
  }

  function make(name, className, words) {
    const made = document.createElement(name);
    if (className) made.className = className;
    if (words != null) made.textContent = words;
    return made;
  }

  function say(element, words) {
    if (element.textContent !== words) element.textContent = words;
  }

  function button(words, label, className, request) {
    const made = make('button', className, words);
    made.type = 'button';
    made.setAttribute('aria-label', label);
    made.addEventListener('click', () => act(made, request()));
    return made;
  }

  function message(words, bad) {
    const box = get('message');
    box.textContent = words;
    box.classList.toggle('bad', bad);
    box.classList.add('shown');
    clearTimeout(messageTimer);
    messageTimer = setTimeout(() => box.classList.remove('shown'), MESSAGE_MILLIS);
  }

  async function act(source, request) {
    source.disabled = true;
    try {
      const response = await fetch('actions', {
        method: 'POST',
        headers: {'Content-Type': 'application/json'},
        body: JSON.stringify(request),
      });
      const text = await response.text();
      let answer;
      try { answer = JSON.parse(text); } catch { answer = {error: text}; }
      message(answer.done ?? answer.error, !response.ok);
    } catch {
      message('The demo does not answer: has it ended?', true);
    } finally {
      source.disabled = false;
    }
  }

  function colourOf(worker) {
    if (worker == null) return 'var(--nobody)';
    if (!workerColours.has(worker)) {
      const ending = /(\d+)$/.exec(worker);
      workerColours.set(worker, (ending ? Number(ending[1]) - 1 : workerColours.size) % WORKER_COLOURS);
    }
    return `var(--worker-${workerColours.get(worker)})`;
  }

  const seconds = millis => (millis / 1000).toFixed(1) + ' s';

  // ---- parts

  function showTotals(totals) {
    get('totals').hidden = !totals;
    if (!totals) return;
    for (const name of ['put', 'processed', 'waiting', 'twice', 'lost']) {
      say(get(name), number.format(totals[name]));
    }
    get('lost-box').classList.toggle('good', totals.lost === 0);
    get('lost-box').classList.toggle('bad', totals.lost > 0);
  }

  function showCounts(counts, log) {
    if (counts.asOfSecond === 0 || counts.asOfSecond === shownCounts) return;
    shownCounts = counts.asOfSecond;
    VisitsChart.show(get('chart'), counts, log);
    say(get('window'), String(counts.windowSeconds));
    const top = counts.top.map(t => t.referrer);
    get('top').dataset.asOf = counts.asOfSecond;
    keyed(get('top'), counts.top, t => t.referrer,
        () => {
          const item = make('li');
          item.append(make('span', 'swatch'), make('span', 'visits-of'), make('span', 'who'));
          return item;
        },
        (item, t) => {
          const [swatch, visits, who] = item.children;
          swatch.style.background = VisitsChart.colour(t.referrer);
          say(visits, number.format(t.visits));
          say(who, t.referrer);
        });
    keyed(get('legend'), [...counts.series].sort((a, b) => VisitsChart.order(a.referrer) - VisitsChart.order(b.referrer)),
        s => s.referrer,
        s => {
          const item = make('li');
          const svg = document.createElementNS('http://www.w3.org/2000/svg', 'svg');
          svg.setAttribute('width', '22');
          svg.setAttribute('height', '6');
          const line = document.createElementNS('http://www.w3.org/2000/svg', 'line');
          for (const [k, v] of Object.entries({x1: 0, x2: 22, y1: 3, y2: 3})) line.setAttribute(k, v);
          line.setAttribute('stroke-dasharray', VisitsChart.dashes(s.referrer).join(' '));
          svg.append(line);
          item.append(svg, make('span', '', s.referrer));
          return item;
        },
        (item, s) => {
          item.classList.toggle('strong', top.includes(s.referrer));
          const line = item.querySelector('line');
          line.style.stroke = VisitsChart.colour(s.referrer);
          line.style.strokeWidth = top.includes(s.referrer) ? 3 : 2;
        });
  }

  function createWorker(w, processes) {
    const card = make('li', 'worker');
    card.dataset.worker = w.name;
    const name = make('div', 'name');
    const dot = make('span', 'dot');
    dot.style.background = colourOf(w.name);
    name.append(dot, make('span', '', w.name), make('span', 'state'));
    const facts = make('dl');
    for (const label of ['shards', 'heartbeats', 'processor', 'process']) {
      facts.append(make('dt', '', label), make('dd', label));
    }
    card.append(name, facts);
    if (processes) {
      const buttons = make('div', 'buttons');
      buttons.append(
          button('Stop', `Stop ${w.name}`, 'stop', () => ({action: 'stop', worker: w.name})),
          button('Pause', `Pause ${w.name}`, 'pause',
              () => ({action: card.dataset.state === 'paused' ? 'resume' : 'pause', worker: w.name})),
          button('Kill', `Kill ${w.name}`, 'kill danger', () => ({action: 'kill', worker: w.name})));
      card.append(buttons);
    }
    return card;
  }

  function updateWorker(card, w) {
    card.dataset.state = w.state;
    card.classList.toggle('gone', GONE.includes(w.state));
    const state = card.querySelector('.state');
    state.className = 'state ' + w.state;
    const zombie = w.state === 'paused' && w.session == null;
    say(state, zombie ? 'paused, given up' : w.state);
    const fact = (name, words) => say(card.querySelector('dd.' + name), words);
    fact('shards', w.shards.length ? w.shards.join(', ') : 'none');
    fact('heartbeats', w.beats == null ? '–' : `${number.format(w.beats)}, ${seconds(w.beatAgeMillis)} ago`);
    fact('processor', w.processorMillis == null ? '–'
        : seconds(w.processorMillis) + (w.processorShare == null ? '' : `, ${Math.round(w.processorShare * 100)} %`));
    fact('process', w.processId == null ? '–' : String(w.processId));
    const buttons = card.querySelector('.buttons');
    if (!buttons) return;
    buttons.hidden = GONE.includes(w.state);
    const [stop, pause] = buttons.children;
    stop.hidden = w.state === 'paused' || w.state === 'stopping';
    pause.hidden = w.state === 'stopping';
    pause.classList.toggle('go', w.state === 'paused');
    say(pause, w.state === 'paused' ? 'Resume' : 'Pause');
    pause.setAttribute('aria-label', `${pause.textContent} ${w.name}`);
  }

  function showWorkers(state) {
    const processes = state.place.processes;
    get('add-worker').hidden = !processes || state.phase !== 'running';
    get('no-processes').hidden = processes;
    get('no-workers').hidden = state.workers.length > 0;
    keyed(get('workers'), state.workers, w => w.name, w => createWorker(w, processes), updateWorker);
  }

  function createRow(s) {
    const row = make('tr');
    row.dataset.shard = s.id;
    for (const [label, name] of [['Shard', 'shard'], ['Owner', 'owner'], ['Checkpoint', 'checkpoint'],
      ['Token', 'token number'], ['Records / s', 'rate number'], ['Waiting', 'lag number']]) {
      const cell = make('td', name);
      cell.dataset.label = label;
      row.append(cell);
    }
    row.querySelector('.owner').append(make('span', 'owner-name'));
    row.querySelector('.owner-name').append(make('span', 'dot'), make('span', 'who'));
    row.querySelector('.checkpoint').append(make('code'));
    const last = make('td');
    const buttons = make('div', 'buttons');
    buttons.append(
        button('Split', `Split shard ${s.name}`, 'split', () => ({action: 'split', shard: s.id})),
        button('Merge', '', 'merge', () => ({action: 'merge', shard: s.id, other: row.dataset.other})));
    last.append(buttons);
    row.append(last);
    return row;
  }

  function lag(s) {
    if (s.waiting != null) return number.format(s.waiting);
    if (s.behindMillis != null) return s.behindMillis === 0 ? 'none' : seconds(s.behindMillis);
    return '–';
  }

  function showShards(state) {
    Lineage.draw(get('lineage'), state.shards, colourOf);
    const rows = state.shards.filter(s => !s.finished).sort((a, b) => a.startsAt - b.startsAt || a.id.localeCompare(b.id));
    say(get('lag-head'), state.totals ? 'Waiting' : 'Behind');
    keyed(get('shards'), rows, s => s.id, createRow, (row, s) => {
      say(row.querySelector('.shard'), s.name + (s.closed ? ' (closed)' : ''));
      row.querySelector('.dot').style.background = colourOf(s.owner);
      say(row.querySelector('.who'), s.owner ?? 'nobody');
      const code = row.querySelector('code');
      say(code, s.checkpoint == null ? '–' : s.checkpoint.length > 16 ? '…' + s.checkpoint.slice(-14) : s.checkpoint);
      code.title = s.checkpoint ?? '';
      say(row.querySelector('.token'), s.token == null ? '–' : String(s.token));
      say(row.querySelector('.rate'), s.perSecond == null ? '–' : s.perSecond.toFixed(1));
      say(row.querySelector('.lag'), lag(s));
      const [split, merge] = row.querySelector('.buttons').children;
      split.hidden = !state.place.resharding || s.closed;
      merge.hidden = !state.place.resharding || s.mergeableWith == null;
      if (s.mergeableWith != null) {
        row.dataset.other = s.mergeableWith;
        const other = Lineage.shortName(s.mergeableWith);
        say(merge, `Merge with ${other}`);
        merge.setAttribute('aria-label', `Merge shard ${s.name} with shard ${other}`);
      }
    });
  }

  /* The first part is what happened, the others what came of it. */
  function describe(box, text) {
    const [first, ...rest] = text.replace(/(\d) s\b/g, '$1\u00a0s').split(' · ');
    const parts = [make('b', '', first)];
    rest.forEach(part => {
      const [, none, other] = /^(0 records lost)(.*)$/.exec(part) ?? [];
      const words = make('span', 'rest', none ? '' : part);
      if (none) words.append(make('span', 'none-lost', none), other);
      parts.push(' · ', words);
    });
    box.replaceChildren(...parts);
  }

  function showLog(entries) {
    const key = JSON.stringify(entries);
    if (key === shownLog) return;
    shownLog = key;
    keyed(get('log'), entries, e => e.id,
        e => {
          const item = make('li', e.kind);
          const sign = make('span', 'sign', SIGNS[e.kind] ?? '•');
          sign.setAttribute('aria-hidden', 'true');
          item.append(sign, make('span', 'text'));
          return item;
        },
        (item, e) => {
          item.className = [e.kind, e.done ? 'done' : 'open', e.bad ? 'bad' : ''].join(' ');
          if (item.dataset.text !== e.text) {
            item.dataset.text = e.text;
            describe(item.querySelector('.text'), e.text);
          }
        });
  }

  function showPlace(state) {
    const place = state.place;
    const open = state.shards.filter(s => !s.closed).length;
    say(get('place'), `Referrer counter on stream ${place.stream}, ${place.where}`
        + (open ? `, ${open} open shard${open === 1 ? '' : 's'}` : ''));
    say(get('table'), place.countsTable);
    say(get('phase'), state.phase);
    get('phase').className = 'phase ' + state.phase;
    get('rate-form').hidden = place.recordsPerSecond == null;
    const rate = get('rate');
    if (place.recordsPerSecond != null && rate.dataset.now !== String(place.recordsPerSecond) && document.activeElement !== rate) {
      rate.value = place.recordsPerSecond;
      rate.dataset.now = place.recordsPerSecond;
    }
  }

  function show(state) {
    if (!state.place) return;
    showPlace(state);
    get('trouble').hidden = !state.trouble;
    say(get('trouble'), state.trouble ?? '');
    showTotals(state.totals);
    showCounts(state.counts, state.log);
    showWorkers(state);
    showShards(state);
    showLog(state.log);
    document.body.dataset.at = state.atMillis;
  }

  // ---- wiring

  get('add-worker').addEventListener('click', e => act(e.currentTarget, {action: 'add-worker'}));
  get('rate-form').addEventListener('submit', e => {
    e.preventDefault();
    const rate = get('rate');
    delete rate.dataset.now;
    act(e.target.querySelector('button'), {action: 'rate', rate: rate.value === '' ? null : Number(rate.value)});
  });

  const events = new EventSource('events'); // comes back by itself
  events.onmessage = e => show(JSON.parse(e.data));
  events.onerror = () => {
    say(get('phase'), 'no answer, trying again');
    get('phase').className = 'phase';
  };
})();
