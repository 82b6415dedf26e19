import {parseArgs} from 'node:util';

/** What `npm run release` is asked to do. */
export type ReleaseArguments = {
	/** `patch`, `minor`, `major` or a version. `undefined`, in a dry run only: the least that the API allows. */
	readonly wanted: string | undefined;
	readonly isDry: boolean;
	readonly isTested: boolean;
};

const usage =
	'Expected `npm run release -- minor`, and `--dry` after it to try it. `patch`, `major` and versions work too';

const options = {dry: {type: 'boolean'}, untested: {type: 'boolean'}} as const;

/** @throws Error For all that it doesn't know: a mistyped dry run must not become a release. */
export const parseRelease = (args: readonly string[], env: NodeJS.ProcessEnv): ReleaseArguments => {
	// npm keeps options that stand before the `--`, and shows them only here. It reads `--dry` as its own `--dry-run`.
	if (env['npm_config_dry'] || env['npm_config_dry_run']) {
		throw new Error('npm kept `--dry` for itself. Put `--` before it: `npm run release -- minor --dry`');
	}

	const {values, positionals} = parse(args);
	const [wanted, ...others] = positionals;
	const isDry = values.dry === true;
	if (others.length > 0 || (wanted === undefined && !isDry)) throw new Error(usage);
	return {wanted, isDry, isTested: !values.untested};
};

const parse = (args: readonly string[]) => {
	try {
		return parseArgs({args: [...args], options, allowPositionals: true});
	} catch (cause) {
		throw new Error(`${usage}. Got \`${args.join(' ')}\``, {cause});
	}
};
