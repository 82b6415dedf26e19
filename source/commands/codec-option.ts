import {resolve} from 'node:path';
import {pathToFileURL} from 'node:url';
import type {Codec, Envelope} from '../codec.ts';
import {resolveOptions} from '../options/resolve.ts';
import {type CommandOption, type OptionValues, UsageError} from './command.ts';

/** The option that names the application's codec. */
export const codecOption: CommandOption = {
	type: 'string',
	value: 'FILE',
	help: "A module that exports the application's `codec` option as default; `json()` if it has none",
};

/** Loads the codec that reads the application's records. */
export const loadCodec = async ({codec: file}: OptionValues): Promise<Codec<Envelope>> => {
	if (typeof file !== 'string') return resolveOptions({}).codec;

	const codec = await load(file);
	try {
		if (codec !== undefined) return resolveOptions({codec: codec as Codec<Envelope>}).codec;
	} catch {
		// The error below says what the file has to export.
	}
	throw new UsageError('Expected `--codec` to name a module that exports a codec, or a list of them, as default');
};

const load = async (file: string): Promise<unknown> => {
	try {
		const {default: codec}: {readonly default?: unknown} = await import(pathToFileURL(resolve(file)).href);
		return codec;
	} catch (cause) {
		// For example TypeScript, before Node 22.18.
		throw new Error('Could not load the module named by `--codec`', {cause});
	}
};
