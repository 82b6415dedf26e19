import type {Store} from '../store.ts';
import type {OptionValues} from './command.ts';
import {handleIn} from './prefix-option.ts';
import {urlOf} from './store-option.ts';

/** After this many sessions without a subject, there probably are none with one. */
const mostRead = 1000;

/**
Makes sure that sessions with a subject are in the index that the store reads.

A client of Redis may put a prefix of its own before each key, before those of the index too. Someone who sees its sessions
under both prefixes together finds no index, and would end or list none of them.

@throws Error If the first session with a subject isn't in the index.
*/
export const checkIndex = async (
	store: Store,
	prefix: string,
	values: OptionValues,
	option = 'store',
): Promise<void> => {
	// Other stores keep the subject in the record itself.
	if (!store.bySubject || !store.keys || !/^rediss?[:+]/i.test(urlOf(values, option))) return;

	let read = 0;
	for await (const page of store.keys(prefix)) {
		for (const key of page) {
			if (handleIn(key, prefix) === undefined) continue;
			const subject = (await store.read(key))?.subject;
			if (subject !== undefined) {
				if ((await isListed(store.bySubject(subject), key)) || !(await store.read(key))) return;
				throw new Error(
					`Found sessions under \`${prefix}\` that are not in the index of subjects, and changed nothing. If the application's client of Redis has a \`keyPrefix\`, name it in the URL of \`--${option}\`, as in \`redis://127.0.0.1:6379?keyPrefix=shop:\`, and leave it out of \`--prefix\``,
				);
			}
			if (++read >= mostRead) return;
		}
	}
};

const isListed = async (walk: AsyncIterable<readonly string[]>, key: string): Promise<boolean> => {
	for await (const page of walk) if (page.includes(key)) return true;
	return false;
};
