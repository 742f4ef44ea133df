/** The page that shows a LiveState: reads `/state` every two seconds. Needs nothing from elsewhere. */
export const PAGE = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>HeraldLB</title>
<style>
:root { color-scheme: light dark; --line: #8884; --muted: #888; --bad: #c33; --good: #297; --bar: #49c; }
* { box-sizing: border-box; }
body { font: 15px/1.45 system-ui, sans-serif; margin: 0 auto; max-width: 72rem; padding: 1rem; }
header { display: flex; flex-wrap: wrap; gap: .25rem 1rem; align-items: baseline; }
h1 { font-size: 1.4rem; margin: 0; } h2 { font-size: 1rem; margin: 1.6rem 0 .4rem; }
.muted { color: var(--muted); } .bad { color: var(--bad); } .good { color: var(--good); }
table { border-collapse: collapse; width: 100%; } th, td { text-align: left; padding: .35rem .6rem .35rem 0; border-bottom: 1px solid var(--line); vertical-align: top; }
th { font-weight: 600; font-size: .8rem; color: var(--muted); }
td.address { font-family: ui-monospace, monospace; white-space: nowrap; }
.bar { display: inline-block; height: .7em; background: var(--bar); border-radius: 2px; margin-right: .4em; }
@media (max-width: 40rem) {
  thead { display: none; } tr { display: block; padding: .4rem 0; border-bottom: 1px solid var(--line); }
  td { display: block; border: 0; padding: .1rem 0; } td::before { content: attr(data-title) " "; color: var(--muted); font-size: .8rem; }
  td:empty { display: none; }
}
</style>
</head>
<body>
<header><h1>HeraldLB</h1><span id="summary" class="muted">reading …</span></header>
<main id="main"></main>
<noscript>This page reads <a href="/state">/state</a> with JavaScript; "heraldlb status" shows the same in a terminal.</noscript>
<script>
'use strict';
const element = (name, properties = {}, ...children) => {
  const made = Object.assign(document.createElement(name), properties);
  made.append(...children);
  return made;
};
const table = (title, columns, rows) => {
  if (rows.length === 0) return [];
  const cell = (row) => (column) => {
    const td = element('td', { className: column.className ?? '' });
    td.dataset.title = column.title;
    td.append(column.show(row) ?? '');
    return td;
  };
  const head = element('thead', {}, element('tr', {}, ...columns.map((column) => element('th', {}, column.title))));
  const body = element('tbody', {}, ...rows.map((row) => element('tr', {}, ...columns.map(cell(row)))));
  return [element('h2', {}, title), element('table', {}, head, body)];
};
const time = (at) => at ? element('time', { dateTime: at, title: at }, new Date(at).toLocaleString()) : '';
const coloured = (text, good) => element('span', { className: good ? 'good' : 'bad' }, text);
const serviceName = (service) => service.namespace + '/' + service.name;
const owners = (service) => {
  const list = element('span');
  for (const owner of service.owners) {
    const standbys = owner.standbys.length > 0 ? ' (then ' + owner.standbys.join(', ') + ')' : '';
    list.append(element('div', {}, owner.node ?? coloured('nobody', false), element('span', { className: 'muted' }, standbys)));
  }
  return list;
};
const load = (most) => (node) => {
  const bar = element('span', { className: 'bar' });
  bar.style.width = most === 0 ? 0 : (6 * node.announces) / most + 'rem';
  return element('span', {}, bar, String(node.announces));
};
const show = (state) => {
  const problems = [
    ...state.services.filter((service) => service.problem).map((service) => ({ what: 'Service ' + serviceName(service), why: service.problem })),
    ...state.pools.filter((pool) => pool.problem).map((pool) => ({ what: 'Pool ' + pool.name, why: pool.problem })),
    ...state.nodes.filter((node) => node.speaker !== 'connected').map((node) => ({ what: 'Node ' + node.name, why: 'its speaker is ' + node.speaker })),
  ];
  const most = Math.max(0, ...state.nodes.map((node) => node.announces));
  document.getElementById('summary').replaceChildren(
    state.services.length + ' Services, ', coloured(problems.length === 0 ? 'no problems' : problems.length + ' problems', problems.length === 0),
    ', version ' + state.version + ', leader ' + state.leader + ', ', time(state.at),
  );
  document.getElementById('main').replaceChildren(
    ...table('Problems', [
      { title: 'With', show: (problem) => problem.what },
      { title: 'What', show: (problem) => problem.why },
    ], problems),
    ...table('Services', [
      { title: 'Service', show: serviceName },
      { title: 'Address', className: 'address', show: (service) => service.addresses.join(', ') || coloured('pending', false) },
      { title: 'Pool', show: (service) => service.pool },
      { title: 'Announced by', show: owners },
      { title: 'Since', show: (service) => time(service.owners[0]?.since) },
      { title: 'Verified', show: (service) => time(service.owners[0]?.verifiedAt) },
    ], state.services),
    ...table('Nodes', [
      { title: 'Node', show: (node) => node.name },
      { title: 'Speaker', show: (node) => coloured(node.speaker, node.speaker === 'connected') },
      { title: 'Announces', show: load(most) },
    ], state.nodes),
    ...table('Pools', [
      { title: 'Pool', show: (pool) => pool.name },
      { title: 'Addresses', className: 'address', show: (pool) => pool.addresses.join(', ') },
      { title: 'Used', show: (pool) => String(pool.assigned.ipv4 + pool.assigned.ipv6) },
      { title: 'Free', show: (pool) => String(pool.available.ipv4 + pool.available.ipv6) },
    ], state.pools),
    ...table('Last changes', [
      { title: 'When', show: (change) => time(change.at) },
      { title: 'Address', className: 'address', show: (change) => change.address },
      { title: 'Node', show: (change) => change.node ?? coloured('nobody', false) },
      { title: 'Reason', show: (change) => change.reason },
      { title: 'Gap', show: (change) => change.gapMs === undefined ? '' : change.gapMs + ' ms' },
      { title: 'Service', show: (change) => change.service },
    ], state.changes.slice(0, 50)),
  );
};
const read = async () => {
  try {
    const answer = await fetch('/state', { cache: 'no-store' });
    if (answer.ok) show(await answer.json());
    else document.getElementById('summary').replaceChildren(coloured(await answer.text(), false));
  } catch {
    document.getElementById('summary').replaceChildren(coloured('no answer from the controller: is the port still forwarded?', false));
  }
  setTimeout(read, 2000);
};
read();
</script>
</body>
</html>
`;
