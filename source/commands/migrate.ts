import {type Command, type OptionValues, UsageError} from './command.ts';
import {checkIndex} from './known-index.ts';
import {migrateAll, type Report} from './migration/migrate-all.ts';
import {progressOn, silent} from './migration/progress.ts';
import {prefixHint, prefixOf, prefixOption} from './prefix-option.ts';
import {count, rows} from './printable.ts';
import {aboutStores, storeOption, urlOf, withStore} from './store-option.ts';

/** Moves an application to another store. */
export const migrate: Command = {
	summary: 'Copy all sessions to another store and check the copies',
	details: `Records are copied unchanged, so cookies and codecs stay as they are, and no keys are needed. The source is not changed.\nIf the command is interrupted, run it again: it skips what it has copied. To move a running application, copy first;\nthen stop it, run the command again with --mirror, and start it on the target.\n\n${aboutStores}`,
	options: {
		from: storeOption('The source'),
		to: storeOption('The target'),
		mirror: {
			type: 'boolean',
			help: 'Make the target equal to the source: replace sessions that differ, and delete those the source lacks',
		},
		prefix: prefixOption,
	},
	async run(values, _argument, {stderr}) {
		const prefix = prefixOf(values);
		checkUrls(values);
		const progress = values['json'] ? silent : progressOn(stderr);
		const isMirror = values['mirror'] === true;
		const work = withStore(
			values,
			async from => {
				await checkIndex(from, prefix, values, 'from');
				return withStore(
					values,
					async to => {
						await checkIndex(to, prefix, values, 'to');
						return migrateAll({from, to, isMirror}, prefix, progress);
					},
					'to',
				);
			},
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
	if (/^(?:memory:|null:|sqlite::memory:(?:\?|$))/i.test(to))
		throw new UsageError('Expected `--to` to be a store that outlives this command');
};

const meanings = {
	copied: 'written and verified',
	updated: 'replaced in the target and verified',
	present: 'already there',
	different: 'not the same in the target, and left alone: `--mirror` replaces them',
	ended: 'ended during the migration',
	deleted: 'deleted from the target, because the source lacks them',
	failed: 'not copied',
} as const;

const toText = ({counts}: Report, prefix: string): string => {
	const found = Object.entries(meanings).filter(([name]) => counts[name as keyof typeof meanings] > 0);
	if (found.length === 0) {
		return `No sessions: no key begins with \`${prefix}\`. ${prefixHint(prefix)}`;
	}
	return rows(
		found.map(([name, meaning]) => [count(counts[name as keyof typeof meanings], 'session'), `${name}: ${meaning}`]),
	);
};
