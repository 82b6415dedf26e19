import {execFile} from 'node:child_process';
import {copyFile, writeFile} from 'node:fs/promises';
import {join} from 'node:path';
import {promisify} from 'node:util';
import ts from 'typescript-5.9';
import {runs} from '../runs.ts';

const root = join(import.meta.dirname, '../../..');

/** Options as a `tsconfig.json` has them. */
export type CompilerOptions = Readonly<Record<string, unknown>>;

/** Files that are compiled together. What one of them declares holds for all. */
export type Program = {
	readonly files: readonly string[];
	readonly options?: CompilerOptions;

	/** By default, each compiler can be given these options. */
	readonly only?: Compiler;
};

/** Says what is wrong with a program in a folder: nothing, if all is well. */
type Compile = (folder: string, program: Required<Omit<Program, 'only'>>) => Promise<string>;

const strict: CompilerOptions = {
	target: 'es2023',
	lib: ['es2023'],
	module: 'nodenext',
	types: ['node'],
	strict: true,
	exactOptionalPropertyTypes: true,
	noUncheckedIndexedAccess: true,
	// Our declarations and those that ours name are checked; those of JavaScript and the browser are not ours to check.
	skipLibCheck: false,
	skipDefaultLibCheck: true,
	noEmit: true,
};

const compileBySeven: Compile = async (folder, {files, options}) => {
	const project = join(folder, 'tsconfig.json');
	await writeFile(project, JSON.stringify({compilerOptions: options, files}));

	// In one thread, since each further one checks much of the libraries once more.
	const tsc = join(root, 'node_modules/typescript/bin/tsc');
	const args = [tsc, '--singleThreaded', '--pretty', 'false', '--project', project];
	const {stdout} = await promisify(execFile)(process.execPath, args, {cwd: folder}).catch(error => error);
	return stdout;
};

/** Parsed files of all programs, since most are the same libraries. */
const parsed = new Map<string, ts.SourceFile | undefined>();

/** Whether it belongs to another package. TypeScript 7 checks those too, and so does a long run: they say nothing about this package. */
const isOthers = (program: ts.Program, file: ts.SourceFile): boolean =>
	program.isSourceFileFromExternalLibrary(file) && !file.fileName.includes('/node_modules/koa-server-session/');

const compileByFive: Compile = async (folder, {files, options}) => {
	const {options: parsedOptions, errors} = ts.convertCompilerOptionsFromJson(options, folder);
	const host = ts.createCompilerHost(parsedOptions);
	const parse = host.getSourceFile;
	host.getCurrentDirectory = () => folder;
	host.getSourceFile = (path, language, ...rest) => {
		const key = `${path} ${JSON.stringify(language)}`;
		if (!parsed.has(key)) parsed.set(key, parse(path, language, ...rest));
		return parsed.get(key);
	};

	const rootNames = files.map(file => join(folder, file));
	const program = ts.createProgram({rootNames, options: parsedOptions, host});
	const found = [...errors, ...program.getConfigFileParsingDiagnostics(), ...program.getOptionsDiagnostics()];
	found.push(...program.getGlobalDiagnostics());
	for (const file of program.getSourceFiles()) {
		if (runs(isOthers(program, file), false)) continue;
		found.push(...program.getSyntacticDiagnostics(file), ...program.getSemanticDiagnostics(file));
	}
	return ts.formatDiagnostics(found, host);
};

/** The compilers that applications use: a program of its own, and one that runs in this process. */
export const compilers = {
	'TypeScript 7': compileBySeven,
	'TypeScript 5.9': compileByFive,
} as const satisfies Readonly<Record<string, Compile>>;

export type Compiler = keyof typeof compilers;

/** Compiles programs in a folder, one after the other, and gives what the compiler says about them. */
export const compile = async (compiler: Compiler, folder: string, programs: readonly Program[]): Promise<string> => {
	let said = '';
	for (const {files, options, only = compiler} of programs) {
		if (only !== compiler) continue;
		said += await compilers[compiler](folder, {files, options: {...strict, ...options}});
	}
	return said;
};

/** Copies a program of `types/` into a folder, under the same name or another one. */
export const copyProgram = (program: string, folder: string, name: string = program): Promise<void> =>
	copyFile(join(import.meta.dirname, 'programs', program), join(folder, name));
