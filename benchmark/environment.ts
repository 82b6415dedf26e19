import {execFileSync} from 'node:child_process';
import {cpus, totalmem} from 'node:os';

/** Where and when something was measured. */
export type Environment = {
	readonly date: string;

	/** With a `+` where files differed from it. */
	readonly commit: string;
	readonly node: string;
	readonly platform: string;
	readonly machine: string;
};

export const environment = (): Environment => {
	const processors = cpus();
	const git = (...args: string[]) => execFileSync('git', args, {encoding: 'utf8'}).trim();
	// What the benchmark itself writes doesn't count.
	const changes = git('status', '--porcelain', '--', 'source', 'benchmark/*.ts', 'package-lock.json');
	return {
		date: new Date().toISOString().slice(0, 10),
		commit: `${git('rev-parse', '--short', 'HEAD')}${changes === '' ? '' : '+'}`,
		node: process.version,
		platform: `${process.platform} ${process.arch}`,
		machine: `${processors.length} × ${processors[0]?.model.trim()}, ${Math.round(totalmem() / 2 ** 30)} GB`,
	};
};
