import {type Html, html} from '../html.ts';

const relative = new Intl.RelativeTimeFormat('en', {numeric: 'auto'});

/** The units with their length in minutes, longest first. */
const units = [
	['day', 24 * 60],
	['hour', 60],
	['minute', 1],
] as const;

/** How far away a time is. Without scripts, a page can't know the reader's time zone. */
export const fromNow = (time: Date, now = Date.now()): Html => {
	const minutes = (time.getTime() - now) / 60_000;
	const [unit, size] = units.find(([, size]) => Math.abs(minutes) >= size) ?? ['minute', 1];
	return timeElement(time, Math.abs(minutes) < 1 ? 'just now' : relative.format(Math.round(minutes / size), unit));
};

/** The time of the last use, which is known only to the minutes of `exactness`. */
export const lastUse = (time: Date, exactness: number, now = Date.now()): Html =>
	now - time.getTime() < exactness * 60_000
		? timeElement(time, `in the last ${exactness} minutes`)
		: fromNow(time, now);

const timeElement = (time: Date, text: string): Html =>
	html`<time datetime="${time.toISOString()}" title="${time.toUTCString()}">${text}</time>`;
