'use strict';

/* Draws shards as a graph: a column for each generation, parents to the left of their children. */
const Lineage = (() => {
  const SVG = 'http://www.w3.org/2000/svg';
  const NODE = {width: 124, height: 46};
  const GAP = {x: 36, y: 10};
  const MARGIN = 14;
  const MOST = 120; // shards drawn; older closed ones are left out

  function layout(all) {
    const shards = all.slice(-MOST);
    const byId = new Map(shards.map(s => [s.id, {shard: s, parents: [], children: []}]));
    for (const node of byId.values()) {
      node.parents = node.shard.parents.map(id => byId.get(id)).filter(Boolean);
      node.parents.forEach(parent => parent.children.push(node));
    }
    const nodes = [...byId.values()]; // oldest first, so parents come before their children
    for (const node of nodes) {
      node.column = node.parents.reduce((most, p) => Math.max(most, p.column + 1), 0);
    }
    // shards without children get a row each, in the order of their hash keys ...
    nodes.filter(n => n.children.length === 0)
        .sort((a, b) => a.shard.startsAt - b.shard.startsAt)
        .forEach((n, row) => { n.y = row * (NODE.height + GAP.y); });
    // ... and the others stand in the middle of theirs
    for (const node of [...nodes].reverse()) {
      if (node.children.length > 0) {
        node.y = node.children.reduce((sum, c) => sum + c.y, 0) / node.children.length;
      }
    }
    const columns = [];
    nodes.forEach(n => (columns[n.column] ??= []).push(n));
    for (const column of columns) {
      column.sort((a, b) => a.y - b.y || a.shard.startsAt - b.shard.startsAt);
      const middle = column.reduce((sum, n) => sum + n.y, 0) / column.length;
      for (let i = 1; i < column.length; i++) {
        column[i].y = Math.max(column[i].y, column[i - 1].y + NODE.height + GAP.y);
      }
      // what was pushed down moves the whole column up by half of it
      const pushed = column.reduce((sum, n) => sum + n.y, 0) / column.length - middle;
      column.forEach(n => { n.y -= pushed; });
    }
    const top = Math.min(0, ...nodes.map(n => n.y));
    nodes.forEach(n => {
      n.y += MARGIN - top;
      n.x = MARGIN + n.column * (NODE.width + GAP.x);
    });
    return nodes;
  }

  function element(name, attributes, parent) {
    const made = document.createElementNS(SVG, name);
    for (const [key, value] of Object.entries(attributes)) {
      made.setAttribute(key, value);
    }
    parent?.append(made);
    return made;
  }

  function text(parent, words, x, y, small) {
    element('text', {x, y, class: small ? 'small' : ''}, parent).textContent = words;
  }

  function describe(s) {
    const owner = s.finished ? 'finished' : s.owner ?? 'nobody';
    return `Shard ${s.name}: ${owner}` + (s.parents.length ? `, child of ${s.parents.map(shortName).join(' and ')}` : '');
  }

  function shortName(id) {
    return id.replace(/^shardId-0*(?=\d)/, '');
  }

  function draw(container, shards, colourOf) {
    const nodes = layout(shards);
    const width = Math.max(0, ...nodes.map(n => n.x + NODE.width)) + MARGIN;
    const height = Math.max(0, ...nodes.map(n => n.y + NODE.height)) + MARGIN;
    const svg = element('svg', {width, height, viewBox: `0 0 ${width} ${height}`});
    for (const node of nodes) {
      for (const parent of node.parents) {
        const [x1, y1] = [parent.x + NODE.width, parent.y + NODE.height / 2];
        const [x2, y2] = [node.x, node.y + NODE.height / 2];
        const bend = (x2 - x1) / 2;
        element('path', {class: 'edge', d: `M${x1} ${y1}C${x1 + bend} ${y1} ${x2 - bend} ${y2} ${x2} ${y2}`}, svg);
      }
    }
    for (const {shard, x, y} of nodes) {
      const group = element('g', {
        class: 'node ' + (shard.finished ? 'finished' : shard.closed ? 'closed' : 'open'),
        'data-shard': shard.id,
        'data-parents': shard.parents.join(' '),
        'data-owner': shard.owner ?? '',
        transform: `translate(${x} ${y})`,
      }, svg);
      element('title', {}, group).textContent = describe(shard);
      const box = element('rect', {width: NODE.width, height: NODE.height, rx: 10}, group);
      if (!shard.finished) {
        box.style.fill = colourOf(shard.owner);
      }
      text(group, `shard ${shard.name}`, 12, 19, false);
      text(group, shard.finished ? 'finished' : (shard.owner ?? 'nobody') + (shard.closed ? ', ending' : ''), 12, 36, true);
      if (!shard.finished && shard.perSecond != null) {
        const rate = element('text', {x: NODE.width - 12, y: 36, class: 'small', 'text-anchor': 'end'}, group);
        rate.textContent = `${Math.round(shard.perSecond)}/s`;
      }
    }
    container.replaceChildren(svg);
  }

  return {draw, shortName};
})();
