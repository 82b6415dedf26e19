import {inspect as show} from 'node:util';
import {open} from '../codec.ts';
import {json} from '../codecs/json.ts';
import type {Data} from '../session.ts';
import {codecOption, loadCodec} from './codec-option.ts';
import type {Command} from './command.ts';
import {type Description, describe} from './description.ts';
import {prefixOf, prefixOption} from './prefix-option.ts';
import {count, duration, quote, rows} from './printable.ts';
import {redact} from './redaction.ts';
import {keyOf, nameHelp, readName} from './session-name.ts';
import {aboutStores, storeOption, withStore} from './store-option.ts';

/** Shows one session. Its data is redacted unless asked for. */
export const inspect: Command = {
	summary: 'Show one session: when it expires, whose it is, what it holds',
	details: `Of the data, only names, types and sizes are shown, and an id is never printed. An id opens its session, and what you\ntype stays in the history of the shell: write \`-\` and pass the id on standard input.\n\n${aboutStores}`,
	argument: {name: 'ID', help: `The session: ${nameHelp}`},
	options: {
		store: storeOption(),
		'show-data': {type: 'boolean', help: 'Show the data as well'},
		codec: codecOption,
		prefix: prefixOption,
	},
	async run(values, argument) {
		const prefix = prefixOf(values);
		const [name, codec] = await Promise.all([readName(argument, prefix), loadCodec(values)]);
		const key = keyOf(name, prefix);
		const record = await withStore(values, store => store.read(key));
		if (!record) {
			const hint = 'id' in name ? '. If this is a handle, write `handle:` before it' : '';
			throw new Error(`No live session of that name has the prefix \`${prefix}\`${hint}`);
		}

		const {data, ...facts} = describe(key, record, prefix, codec);
		const text = rows(toRows(facts));
		if (facts.state !== 'session') return {text, data: facts};
		if (!data) return {text: `${text}\n\n${unreadable}`, data: {...facts, isReadable: false}};
		if (values['show-data']) {
			return {text: `${text}\n\n${show(data, everything)}`, data: {...facts, isReadable: true, data: spell(data)}};
		}

		const fields = redact(data);
		const list = fields.map(({name, type, size = ''}): [string, string] => [quote(name), `${type} ${size}`.trim()]);
		const shown = fields.length > 0 ? rows(list) : 'No data.';
		return {text: `${text}\n\n${shown}`, data: {...facts, isReadable: true, fields}};
	},
};

const toRows = (facts: Description): [string, string][] => [
	['handle', facts.handle],
	['state', facts.successor === undefined ? facts.state : `${facts.state} to handle:${facts.successor}`],
	['subject', facts.subject === undefined ? 'none' : quote(facts.subject)],
	...(facts.createdAt ? [['created', facts.createdAt.toISOString()] as [string, string]] : []),
	['expires', `${facts.expiresAt.toISOString()}, in ${duration(facts.remaining)}`],
	...(facts.permanent === undefined ? [] : [['permanent', facts.permanent ? 'yes' : 'no'] as [string, string]]),
	...timeoutRows(facts),
	['size', count(facts.bytes, 'byte')],
	...(facts.codec === undefined ? [] : [['codec', `number ${facts.codec} of the list`] as [string, string]]),
];

const timeoutRows = ({idleTimeout, absoluteTimeout}: Description): [string, string][] => [
	...(idleTimeout === undefined ? [] : [['idle timeout', duration(idleTimeout)] as [string, string]]),
	...(absoluteTimeout === undefined
		? []
		: [['absolute timeout', absoluteTimeout === null ? 'none' : duration(absoluteTimeout)] as [string, string]]),
];

const unreadable =
	'Only the codec that wrote this session can read its data and when it was created. Name a module that exports the codec:\n`--codec ./session-codec.js`.';

const everything = {depth: Number.POSITIVE_INFINITY, maxArrayLength: null, maxStringLength: null} as const;

/** Data as JSON. Types that JSON lacks are written as `json()` writes them. */
const spell = (data: Data): unknown => {
	const bytes = open(json(), undefined, {key: ''}).close({createdAt: 0, permanent: true, data});
	return JSON.parse(
		Buffer.from(bytes ?? [])
			.toString()
			.replace(/^\$/, ''),
	).data;
};
