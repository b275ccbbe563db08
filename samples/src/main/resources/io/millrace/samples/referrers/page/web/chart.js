'use strict';

/* The chart of visits. Colours come from the style sheet, so that they follow light and dark. */
const VisitsChart = (() => {
  const SERIES = 8;
  const MARKED = ['kill', 'pause', 'resume', 'stop', 'split', 'merge', 'add']; // the most important first
  const LABEL_WIDTH = 44;
  const DASHES = [[], [], [], [6, 3], [2, 3], [8, 3, 2, 3], [4, 4], [1, 4]];

  const colourIndex = new Map(); // referrer -> colour, for as long as the page is open
  let chart;
  let marks = [];

  function style(name) {
    return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
  }

  function indexOf(referrer) {
    return colourIndex.get(referrer) ?? SERIES - 1;
  }

  /* Whoever has most visits when a referrer is seen first gets the next colour. */
  function giveColours(counts) {
    const last = s => s.visits.findLast(v => v != null) ?? 0;
    counts.series.filter(s => !colourIndex.has(s.referrer))
        .sort((a, b) => last(b) - last(a))
        .forEach(s => colourIndex.set(s.referrer, colourIndex.size % SERIES));
  }

  const marker = {
    id: 'marker',
    afterDatasetsDraw({ctx, chartArea, scales}) {
      ctx.save();
      ctx.font = '11px system-ui, sans-serif';
      ctx.textAlign = 'center';
      ctx.strokeStyle = ctx.fillStyle = style('--muted');
      ctx.setLineDash([3, 4]);
      const labelled = [];
      for (const mark of marks) { // the most important first: its label stays
        const x = scales.x.getPixelForValue(mark.x);
        ctx.beginPath();
        ctx.moveTo(x, chartArea.top + 14);
        ctx.lineTo(x, chartArea.bottom);
        ctx.stroke();
        if (labelled.every(other => Math.abs(other - x) > LABEL_WIDTH)) {
          ctx.fillText(mark.label, Math.min(x, chartArea.right - 16), chartArea.top + 9);
          labelled.push(x);
        }
      }
      ctx.restore();
    },
  };

  function make(canvas) {
    return new Chart(canvas, {
      type: 'line',
      data: {datasets: []},
      plugins: [marker],
      options: {
        animation: false,
        maintainAspectRatio: false,
        parsing: false,
        normalized: true,
        interaction: {mode: 'index', intersect: false, axis: 'x'},
        elements: {point: {radius: 0, hitRadius: 6}, line: {tension: 0.25}},
        scales: {
          x: {
            type: 'linear', min: -119, max: 0,
            ticks: {stepSize: 30, autoSkip: false, maxRotation: 0, callback: v => v === 0 ? 'now' : `${v} s`},
            afterBuildTicks: axis => { axis.ticks = [-90, -60, -30, 0].map(value => ({value})); },
          },
          y: {beginAtZero: true, suggestedMax: 10, ticks: {precision: 0, maxTicksLimit: 6}, border: {display: false}},
        },
        plugins: {
          legend: {display: false},
          tooltip: {
            itemSort: (a, b) => b.raw.y - a.raw.y,
            callbacks: {title: items => items.length ? (items[0].raw.x === 0 ? 'now' : `${-items[0].raw.x} s ago`) : ''},
          },
        },
      },
    });
  }

  function paint() {
    const muted = style('--muted');
    for (const axis of Object.values(chart.options.scales)) {
      axis.ticks.color = muted;
      axis.grid = {color: style('--line')};
    }
    for (const set of chart.data.datasets) {
      set.borderColor = set.backgroundColor = style(`--series-${indexOf(set.label)}`);
    }
  }

  function show(canvas, counts, log) {
    chart ??= make(canvas);
    giveColours(counts);
    const top = counts.top.map(t => t.referrer);
    const before = new Map(chart.data.datasets.map(set => [set.label, set]));
    const shift = counts.fromSecond - counts.asOfSecond;
    chart.data.datasets = [...counts.series]
        .sort((a, b) => indexOf(a.referrer) - indexOf(b.referrer))
        .map(s => Object.assign(before.get(s.referrer) ?? {}, {
          label: s.referrer,
          data: s.visits.map((y, i) => ({x: shift + i, y})),
          borderWidth: top.includes(s.referrer) ? 2.75 : 1.25,
          borderDash: DASHES[indexOf(s.referrer)],
          order: top.includes(s.referrer) ? top.indexOf(s.referrer) : 9,
        }));
    marks = log.map(e => ({x: e.atMillis / 1000 - counts.asOfSecond, label: e.kind}))
        .filter(m => MARKED.includes(m.label) && m.x > -119 && m.x <= 1)
        .sort((a, b) => MARKED.indexOf(a.label) - MARKED.indexOf(b.label) || b.x - a.x);
    paint();
    chart.update('none');
    canvas.setAttribute('aria-label', 'Line chart of visits by referrer; most visits: '
        + counts.top.map(t => `${t.referrer} ${t.visits}`).join(', '));
    canvas.dataset.asOf = counts.asOfSecond;
  }

  function recolour() {
    if (chart) {
      paint();
      chart.update('none');
    }
  }

  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', recolour);

  return {
    show,
    colour: referrer => `var(--series-${indexOf(referrer)})`,
    dashes: referrer => DASHES[indexOf(referrer)],
    order: indexOf,
  };
})();
