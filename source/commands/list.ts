import {SessionError} from '../errors.ts';
import type {Store} from '../store.ts';
import {codecOption, loadCodec} from './codec-option.ts';
import {type Command, type Output, UsageError} from './command.ts';
import type {Description} from './description.ts';
import {checkIndex} from './known-index.ts';
import {progressOn, silent} from './migration/progress.ts';
import {prefixHint, prefixOf, prefixOption} from './prefix-option.ts';
import {count, duration, printable, quote} from './printable.ts';
import {aboutStores, storeOption, withStore} from './store-option.ts';
import {subjectOf, subjectOption} from './subject-option.ts';
import {describeAll, walk} from './walk.ts';

const {isRequired: _, ...oneSubject} = subjectOption;

/** Lists sessions, including those that only another codec can read. */
export const list: Command = {
	summary: 'List the live sessions of a subject, or all',
	details: `\`inspect\` and \`revoke --except\` take handles as printed here. \`--all\` reads every session of the store.\n\n${aboutStores}`,
	options: {
		store: storeOption(),
		subject: oneSubject,
		all: {type: 'boolean', help: 'Those of all subjects, and of none'},
		codec: codecOption,
		prefix: prefixOption,
	},
	async run(values, _argument, {stdout, stderr}) {
		const {all = false} = values;
		if ((values['subject'] === undefined) !== all) throw new UsageError('Expected either `--subject TEXT` or `--all`');

		const subject = all ? undefined : subjectOf(values);
		const [prefix, codec] = [prefixOf(values), await loadCodec(values)];
		const isForPeople = !values['json'];
		let total = 0;
		let isCut = false;
		// On a terminal, the sessions themselves show how far it is.
		const progress = isForPeople && !stdout.isTTY ? progressOn(stderr) : silent;
		await withStore(values, async store => {
			const found = subject === undefined ? walk(store, prefix, codec) : ofSubject(store, prefix, codec, subject);
			for await (const {data: _, ...facts} of found) {
				// There may be a million, so each is printed at once, and hardly more are read than somebody looks at.
				const json = () => `${total === 0 ? '[' : ','}${JSON.stringify(facts)}`;
				isCut = !(await print(stdout, isForPeople ? toLine(facts, all === true) : json()));
				if (isCut) break;
				total++;
				progress.update(total, undefined);
			}
			if (subject !== undefined && total === 0) await checkIndex(store, prefix, values);
			if (!isForPeople && !isCut) await print(stdout, total === 0 ? '[]' : ']');
		}).finally(() => progress.end());
		return {text: total === 0 && isForPeople && !isCut ? `No sessions. ${prefixHint(prefix)}` : '', data: undefined};
	},
};

/** Prints a line. Resolves to whether it arrived: a reader such as `head` may have ended, or a disk may be full. */
const print = (output: Output, line: string): Promise<boolean> =>
	new Promise(resolve => {
		output.write(`${printable(line)}\n`, error => resolve(!error));
	});

const ofSubject = async function* (
	store: Store,
	prefix: string,
	codec: Awaited<ReturnType<typeof loadCodec>>,
	subject: string,
): AsyncGenerator<Description, void, undefined> {
	if (!store.bySubject)
		throw new SessionError('ERR_SESSION_UNSUPPORTED', 'This store keeps no index of subjects. Use one that does');

	yield* describeAll(store, store.bySubject(subject), prefix, codec, record => record.subject === subject);
};

const toLine = (
	{handle, subject, createdAt, remaining, bytes}: Omit<Description, 'data'>,
	showsSubject: boolean,
): string => {
	const whose = showsSubject ? `${subject === undefined ? 'no subject' : `subject ${quote(subject)}`}, ` : '';
	const created = createdAt ? `created ${createdAt.toISOString()}, ` : '';
	return `handle:${handle}  ${whose}${created}expires in ${duration(remaining)}, ${count(bytes, 'byte')}`;
};
