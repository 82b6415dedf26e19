import {SessionError} from '../errors.ts';
import {codecOption, loadCodec} from './codec-option.ts';
import type {Command} from './command.ts';
import {type Description, describe} from './description.ts';
import {checkIndex} from './known-index.ts';
import {handleIn, prefixOf, prefixOption} from './prefix-option.ts';
import {count, duration} from './printable.ts';
import {aboutStores, storeOption, withStore} from './store-option.ts';
import {subjectOption} from './subject-option.ts';

/** Lists a subject's sessions, including those that only another codec can read. */
export const list: Command = {
	summary: 'List the live sessions of a subject',
	details: `\`inspect\` and \`revoke --except\` take handles as printed here.\n\n${aboutStores}`,
	options: {store: storeOption(), subject: subjectOption, codec: codecOption, prefix: prefixOption},
	async run(values) {
		const [prefix, subject] = [prefixOf(values), String(values['subject'])];
		const codec = await loadCodec(values);
		const sessions: Omit<Description, 'data'>[] = [];
		await withStore(values, async store => {
			if (!store.bySubject)
				throw new SessionError('ERR_SESSION_UNSUPPORTED', 'This store keeps no index of subjects. Use one that does');

			for await (const page of store.bySubject(subject)) {
				for (const key of page) {
					const record = handleIn(key, prefix) === undefined ? undefined : await store.read(key);
					if (record?.subject !== subject) continue;

					const {data: _, ...facts} = describe(key, record, prefix, codec);
					if (facts.state === 'session') sessions.push(facts);
				}
			}
			if (sessions.length === 0) await checkIndex(store, prefix, values);
		});

		const text = sessions.map(toLine).join('\n');
		return {text: text || 'No sessions.', data: sessions};
	},
};

const toLine = ({handle, createdAt, remaining, bytes}: Omit<Description, 'data'>): string => {
	const created = createdAt ? `created ${createdAt.toISOString()}, ` : '';
	return `handle:${handle}  ${created}expires in ${duration(remaining)}, ${count(bytes, 'byte')}`;
};
