import {type Command, type OptionValues, UsageError} from './command.ts';
import {migrateAll, type Report} from './migration/migrate-all.ts';
import {progressOn, silent} from './migration/progress.ts';
import {prefixOf, prefixOption} from './prefix-option.ts';
import {count, rows} from './printable.ts';
import {aboutStores, storeOption, urlOf, withStore} from './store-option.ts';

/** Moves an application to another store. */
export const migrate: Command = {
	summary: 'Copy all sessions to another store, and check the copies',
	details: `Each record is copied as it stands, so cookies and codecs stay what they are, and no keys are needed. Nothing in the\nsource changes. Broken off, run it again: what is there already is left alone. While the application runs, copy first;\nthen stop it, run once more with --mirror, and start it on the target.\n\n${aboutStores}`,
	options: {
		from: storeOption('The source'),
		to: storeOption('The target'),
		mirror: {
			type: 'boolean',
			help: 'Make the target as the source is: replace sessions that differ, and delete those that the source has not',
		},
		prefix: prefixOption,
	},
	async run(values) {
		const prefix = prefixOf(values);
		checkUrls(values);
		const progress = values['json'] ? silent : progressOn(process.stderr);
		const isMirror = values['mirror'] === true;
		const work = withStore(
			values,
			from => withStore(values, to => migrateAll({from, to, isMirror}, prefix, progress), 'to'),
			'from',
		);
		const report = await work.finally(() => progress.end());
		const hasFailed = report.counts.failed > 0 || report.counts.different > 0;
		return {text: toText(report, prefix), data: {...report.counts, failures: report.failures}, hasFailed};
	},
};

const checkUrls = (values: OptionValues): void => {
	const [from, to] = [urlOf(values, 'from'), urlOf(values, 'to')];
	if (from === to) throw new UsageError('Expected `--from` and `--to` to be different stores');
	if (/^(?:memory|null):/i.test(to)) throw new UsageError('Expected `--to` to be a store that outlives this command');
};

const meanings = {
	copied: 'written, read back, and the same',
	updated: 'replaced in the target, and read back',
	present: 'there already',
	different: 'in another state in the target, which was left alone: `--mirror` replaces them',
	ended: 'ended meanwhile',
	deleted: 'deleted from the target, since the source has them no more',
	failed: 'not copied',
} as const;

const toText = ({counts}: Report, prefix: string): string => {
	const found = Object.entries(meanings).filter(([name]) => counts[name as keyof typeof meanings] > 0);
	if (found.length === 0) {
		return `No sessions: no key begins with \`${prefix}\`. If the application has another prefix, give it by --prefix.`;
	}
	return rows(
		found.map(([name, meaning]) => [count(counts[name as keyof typeof meanings], 'session'), `${name}: ${meaning}`]),
	);
};
