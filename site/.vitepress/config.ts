import {readFileSync} from 'node:fs';
import {join} from 'node:path';
import {defineConfig} from 'vitepress';

const {version, description, repository} = JSON.parse(
	readFileSync(join(import.meta.dirname, '../../package.json'), 'utf8'),
);
const address: string = repository.url.replace(/^git\+|\.git$/g, '');

/** The anchor that GitHub makes of a heading, so that a link works in both places. */
const slugify = (heading: string): string =>
	heading
		.toLowerCase()
		.replaceAll(/[^\p{Letter}\p{Number}_ -]/gu, '')
		.replaceAll(' ', '-');

const page = (text: string, link: string) => ({text, link});

export default defineConfig({
	title: 'koa-server-session',
	description,
	lang: 'en',
	// The path that the site is served under, such as `/koa-server-session/` on GitHub Pages.
	base: process.env['SITE_BASE'] || '/',
	srcDir: 'pages',
	outDir: 'dist',
	cacheDir: '.cache',
	cleanUrls: false,
	markdown: {
		// Text with an angle bracket is text.
		html: false,
		anchor: {slugify},
	},
	themeConfig: {
		search: {provider: 'local'},
		outline: [2, 3],
		// Until the maintainer has filled it in, nobody knows where the repository is.
		...(address.includes('/OWNER/') ? {} : {socialLinks: [{icon: 'github', link: address}]}),
		nav: [page('Start', '/'), page('API', '/api/'), page(`Changelog ${version}`, '/changelog')],
		sidebar: [
			{
				text: 'Start',
				items: [
					page('Overview', '/'),
					page('Using sessions', '/using'),
					page('A session’s states', '/states'),
					page('Minimal program', '/examples/minimal'),
					page('TypeScript', '/examples/typescript'),
					page('Login with Redis', '/examples/redis-login'),
					page('API with tokens', '/examples/api-tokens'),
					page('From koa-session', '/examples/from-koa-session'),
				],
			},
			{
				text: 'Guides',
				items: [
					page('Recipes', '/recipes'),
					page('Testing', '/testing'),
					page('Your devices', '/devices'),
					page('Device-bound sessions', '/device-bound'),
					page('WebSockets', '/websockets'),
					page('Moving in', '/moving-in'),
					page('Transports', '/transports'),
				],
			},
			{
				text: 'In production',
				items: [
					page('Deploying', '/deploying'),
					page('Operating', '/operating'),
					page('Command line', '/command-line'),
					page('Rotating keys', '/rotating-keys'),
					page('Events', '/observability'),
					page('Errors', '/errors'),
					page('Security model', '/security'),
					page('OWASP ASVS', '/asvs'),
					page('A user’s data', '/privacy'),
				],
			},
			{
				text: 'Stores and codecs',
				items: [
					page('Stores', '/stores'),
					page('Moving stores', '/moving-stores'),
					page('Writing a store', '/writing-a-store'),
					page('Codecs', '/codecs'),
					page('Writing a codec', '/writing-a-codec'),
				],
			},
			{
				text: 'Reference',
				items: [
					page('API', '/api/'),
					page('Benchmarks', '/benchmark'),
					{text: 'Benchmark report', link: '/benchmark-report/index.html', target: '_self'},
					page('Changelog', '/changelog'),
					page('Contributing', '/contributing'),
					page('Security policy', '/security-policy'),
				],
			},
		],
	},
});
