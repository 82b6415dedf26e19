import {readFileSync} from 'node:fs';
import {join} from 'node:path';
import {type Comparison, isMet, majorOf, type Recorded} from '../results.ts';
import type {Chart} from './charts.ts';
import {type Figure, type Section, sectionsOf} from './sections.ts';
import {limitText, middleHalf, short, valueText} from './terminal.ts';

/** Draws a chart as SVG. */
export type Draw = (chart: Chart) => Promise<string>;

/** The whole report: one page that needs nothing else. */
export const pageOf = async (results: readonly Recorded[], draw: Draw): Promise<string> => {
	const sections = sectionsOf(results);
	const bodies = await Promise.all(sections.map(section => sectionHtml(section, draw)));
	const style = readFileSync(join(import.meta.dirname, 'style.css'), 'utf8');
	return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>koa-server-session: what sessions cost</title>
<style>
${style}</style>
<header>
<h1>What sessions cost</h1>
<p>koa-server-session compared with the least that the same work can cost, and with the alternatives. Dots and bars are
medians. Thin lines show where half of the rounds lie. <b class="target">Orange</b> marks a target.</p>
${verdictsHtml(sections, results)}
</header>
<main>
${bodies.join('\n')}
</main>
<footer>
<h2>Where this comes from</h2>
${environmentsHtml(results)}
<p>The contestants of a question take turns in one run, and ratios are computed round by round. A ratio that spreads too
widely isn’t shown. Every contestant’s answer is checked before it is timed. Repeat it with
<code>npm run benchmark</code>.</p>
</footer>
</html>
`;
};

const comparisonsOf = (results: readonly Recorded[]): readonly Comparison[] =>
	results.flatMap(({comparisons}) => comparisons).filter(({limit}) => limit !== undefined);

const verdictsHtml = (sections: readonly Section[], results: readonly Recorded[]): string => {
	const tiles = sections.map(({name, title}) => {
		const comparisons = comparisonsOf(results.filter(({benchmark}) => benchmark === name));
		const met = comparisons.filter(comparison => isMet(comparison)).length;
		const text = comparisons.length === 0 ? 'no targets' : `<b>${met}</b> of ${comparisons.length} targets met`;
		const missed = comparisons.length - met;
		return `<a href="#${name}"><strong>${escapeHtml(title)}</strong><span>${text}</span>${meter(met, missed)}</a>`;
	});
	return `<nav>${tiles.join('')}</nav>`;
};

const meter = (met: number, missed: number): string =>
	met + missed === 0
		? ''
		: `<i class="meter" aria-hidden="true"><i style="flex:${met}" class="met"></i><i style="flex:${missed}" class="missed"></i></i>`;

const sectionHtml = async ({name, title, about, figures, more}: Section, draw: Draw): Promise<string> => {
	const shown = await Promise.all(figures.map(figure => figureHtml(figure, draw)));
	const hidden = await Promise.all(more.map(figure => figureHtml(figure, draw)));
	const details =
		hidden.length === 0
			? ''
			: `<details><summary>${hidden.length} more</summary><div class="figures">${hidden.join('\n')}</div></details>`;
	return `<section id="${name}"><h2>${escapeHtml(title)}</h2><p>${escapeHtml(about)}</p>
<div class="figures">${shown.join('\n')}</div>${details}</section>`;
};

const figureHtml = async ({title, note, charts, results}: Figure, draw: Draw): Promise<string> => {
	const drawn = await Promise.all(charts.map(draw));
	// Screen readers get the table below instead.
	const images = drawn.map(svg =>
		svg
			.replaceAll(/ (?:aria-\w+|role|class)="[^"]*"/g, '')
			.replace('<svg ', `<svg role="img" aria-label="${escapeHtml(title)}" `),
	);
	return `<figure><figcaption><h3>${escapeHtml(title)}</h3>${note ? `<p>${escapeHtml(note)}</p>` : ''}</figcaption>
<div class="charts">${images.join('')}</div>
<details><summary>Figures</summary>${results.map(tableHtml).join('')}</details></figure>`;
};

const tableHtml = ({title, unit, measurements, comparisons, environment}: Recorded): string => {
	const names = Object.keys(measurements[0]?.columns ?? {});
	const head = ['', unit, 'middle half', ...names].map(cell => `<th>${escapeHtml(cell)}</th>`).join('');
	const body = measurements.map(({name, value, columns = {}}) => {
		const cells = [short(value.median), middleHalf(value)];
		return row(name, [...cells, ...names.map(column => short(columns[column] ?? Number.NaN))]);
	});
	const compared = comparisons.map(comparison =>
		row(`against ${comparison.against}`, [
			valueText(comparison),
			comparison.value ? middleHalf(comparison.value) : '',
			comparison.limit ? limitText(comparison.limit) : '',
		]),
	);
	return `<div class="table"><table><caption>${escapeHtml(title)}, Node ${majorOf(environment)}</caption>
<tr>${head}</tr>${body.join('')}${compared.join('')}</table></div>`;
};

const row = (name: string, cells: readonly string[]): string =>
	`<tr><th>${escapeHtml(name)}</th>${cells.map(cell => `<td>${escapeHtml(cell)}</td>`).join('')}</tr>`;

const environmentsHtml = (results: readonly Recorded[]): string => {
	const groups = Map.groupBy(results, ({environment: {date, commit, node, platform, machine}}) =>
		[date, `commit ${commit}`, `Node ${node}`, platform, machine].join(' · '),
	);
	const lines = [...groups].map(([text, group]) => {
		const names = [...new Set(group.map(({benchmark}) => benchmark))].join(', ');
		return `<li>${escapeHtml(text)}: ${escapeHtml(names)}</li>`;
	});
	return `<ul>${lines.join('')}</ul>`;
};

const escapeHtml = (text: string): string =>
	text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;');
