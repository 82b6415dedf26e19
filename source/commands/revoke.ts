import type {Command} from './command.ts';
import {checkIndex} from './known-index.ts';
import {prefixHint, prefixOf, prefixOption} from './prefix-option.ts';
import {count} from './printable.ts';
import {keyOf, nameHelp, readName} from './session-name.ts';
import {sessionsIn} from './sessions.ts';
import {aboutStores, storeOption, withStore} from './store-option.ts';
import {subjectOf, subjectOption} from './subject-option.ts';

/** Ends a subject's sessions, as `sessions.revoke(subject)` does. */
export const revoke: Command = {
	summary: 'End all sessions of a subject: log out everywhere',
	details: `Does the same as \`sessions.revoke(subject)\`. The application may be running: a session that gets a new id at the same time ends too.\n\n${aboutStores}`,
	options: {
		store: storeOption(),
		subject: subjectOption,
		except: {type: 'string', value: 'ID', help: `A session to keep: ${nameHelp}`},
		prefix: prefixOption,
	},
	async run(values) {
		const [prefix, subject, except] = [prefixOf(values), subjectOf(values), values['except']];
		const spared = except === undefined ? undefined : await readName(String(except), prefix);
		const revoked = await withStore(values, async store => {
			// A wrong name would end the session that was to be kept.
			if (spared && (await store.read(keyOf(spared, prefix)))?.subject !== subject)
				throw new Error('Expected `--except` to name a live session of this subject. No session was ended');
			const ended = await sessionsIn(store, prefix).subjects.revoke(subject, spared);
			if (ended === 0) await checkIndex(store, prefix, values);
			return ended;
		});
		const text = `${count(revoked, 'session')} ended.`;
		return {text: revoked > 0 ? text : `${text} ${prefixHint(prefix)}`, data: {revoked}};
	},
};
