/** Those that pretend to be others come first. */
const browsers: ReadonlyArray<readonly [RegExp, string]> = [
	[/\bEdg(e|A|iOS)?\//, 'Edge'],
	[/\bOPR\//, 'Opera'],
	[/\bSamsungBrowser\//, 'Samsung Internet'],
	[/\b(Firefox|FxiOS)\//, 'Firefox'],
	[/\bChromium\//, 'Chromium'],
	[/(Chrome|CriOS)\//, 'Chrome'],
	[/\bSafari\//, 'Safari'],
	[/^curl\//, 'curl'],
];

const systems: ReadonlyArray<readonly [RegExp, string]> = [
	[/\bAndroid\b/, 'Android'],
	[/\biPhone\b/, 'iPhone'],
	[/\biPad\b/, 'iPad'],
	[/\bWindows\b/, 'Windows'],
	[/\bCrOS\b/, 'ChromeOS'],
	[/\bMac(intosh| OS X)\b/, 'macOS'],
	[/\b(Linux|X11)\b/, 'Linux'],
];

/** Describes a browser for people, as “Firefox on Windows”. Whoever sends the header says what they like in it. */
export const describeAgent = (userAgent: string): string => {
	const find = (names: ReadonlyArray<readonly [RegExp, string]>) =>
		names.find(([pattern]) => pattern.test(userAgent))?.[1];
	const [browser, system] = [find(browsers), find(systems)];
	return system ? `${browser ?? 'Some browser'} on ${system}` : (browser ?? 'Some device');
};
