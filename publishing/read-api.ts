import {readFileSync} from 'node:fs';
import {dirname, join, relative} from 'node:path';
import ts from 'typescript-5.9';
import type {Api} from './api.ts';

/** What entries don't export, but their declarations name. */
const unexported = '(named by others)';

/**
Reads the API from the declarations in \`distribution/\`.

Only our own files are read: what other packages declare isn't our promise.
*/
export const readApi = (root: string): Api => {
	const {name, exports} = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
		name: string;
		exports: Record<string, {default?: {types: string}}>;
	};
	const types = join(root, 'distribution');
	const entries = Object.entries(exports).flatMap(([entry, target]) =>
		target.default ? [{entry: `${name}${entry.slice(1)}`, file: join(root, target.default.types)}] : [],
	);
	const options = {noLib: true, types: [], module: ts.ModuleKind.NodeNext, noEmit: true};
	const host: ts.CompilerHost = {
		...ts.createCompilerHost(options),
		resolveModuleNameLiterals: (names, from) =>
			names.map(({text}) => {
				const resolvedFileName = join(dirname(from), text.replace(/\.[jt]s$/, '.d.ts'));
				return text.startsWith('.')
					? {resolvedModule: {resolvedFileName, extension: '.d.ts'}}
					: {resolvedModule: undefined};
			}),
	};
	const program = ts.createProgram(
		entries.map(({file}) => file),
		options,
		host,
	);
	const checker = program.getTypeChecker();
	const printer = ts.createPrinter({removeComments: true});

	const found = new Map<string, string>();
	const seen = new Set<ts.Symbol>();
	const waiting: ts.Symbol[] = [];
	const isOurs = (node: ts.Node): boolean => !relative(types, node.getSourceFile().fileName).startsWith('..');

	const resolve = (symbol: ts.Symbol): ts.Symbol =>
		symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol;
	const print = (symbol: ts.Symbol): string =>
		(symbol.declarations ?? [])
			.map(node => (ts.isVariableDeclaration(node) ? node.parent.parent : node))
			.filter(isOurs)
			.map(node => printer.printNode(ts.EmitHint.Unspecified, node, node.getSourceFile()))
			.join('\n');
	const follow = (symbol: ts.Symbol): void => {
		const visit = (node: ts.Node): void => {
			const named = ts.isIdentifier(node) ? checker.getSymbolAtLocation(node) : undefined;
			if (named) waiting.push(resolve(named));
			ts.forEachChild(node, visit);
		};
		for (const node of symbol.declarations ?? []) if (isOurs(node)) visit(node);
	};

	for (const {entry, file} of entries) {
		const source = program.getSourceFile(file);
		const module = source && checker.getSymbolAtLocation(source);
		if (!module) throw new Error(`Expected ${file} to be a module. Run \`npm run build\` first`);
		for (const exported of checker.getExportsOfModule(module)) {
			const symbol = resolve(exported);
			found.set(`${entry}: ${exported.name}`, print(symbol));
			seen.add(symbol);
			follow(symbol);
		}
	}

	for (let symbol = waiting.pop(); symbol; symbol = waiting.pop()) {
		const [declaration] = symbol.declarations ?? [];
		if (seen.has(symbol) || !declaration || !isOurs(declaration) || !isTopLevel(declaration)) continue;
		seen.add(symbol);
		const file = relative(join(types, 'types'), declaration.getSourceFile().fileName).replace('.d.ts', '');
		found.set(`${unexported} ${file}: ${symbol.name}`, print(symbol));
		follow(symbol);
	}

	return new Map([...found].toSorted(([left], [right]) => (left < right ? -1 : 1)));
};

/** Members and type parameters are part of what they stand in. */
const isTopLevel = (node: ts.Node): boolean => {
	const {parent} = ts.isVariableDeclaration(node) ? node.parent.parent : node;
	return ts.isSourceFile(parent) && !ts.isImportSpecifier(node);
};
