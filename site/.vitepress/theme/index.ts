import {useData} from 'vitepress';
import DefaultTheme from 'vitepress/theme';
import {defineComponent, h} from 'vue';
import States from './States.vue';
import './style.css';

/** The default theme, with the view of states at the end of the page that asks for it. */
export default {
	extends: DefaultTheme,
	Layout: defineComponent(() => {
		const {frontmatter} = useData();
		return () =>
			h(DefaultTheme.Layout, null, {'doc-footer-before': () => (frontmatter.value['states'] ? h(States) : undefined)});
	}),
};
