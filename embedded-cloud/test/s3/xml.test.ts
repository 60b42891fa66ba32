import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { childrenOf, parseXml, xmlDocument } from '../../src/s3/xml.ts';
import { anyCharacter } from '../../test-kit/any-text.ts';

describe('the XML of S3', () => {
  it('carries every text of a key there and back', () => {
    const keys = fc.array(fc.string({ unit: anyCharacter, minLength: 1 }), { minLength: 1, maxLength: 5 });
    fc.assert(
      fc.property(keys, (texts) => {
        const document = xmlDocument('Delete', { Key: texts });

        const read = childrenOf(parseXml(document, 'Delete'), 'Key').map(({ text }) => text);

        expect(read).toEqual(texts);
      }),
    );
  });

  it('reads prefixes, declarations, comments, CDATA and references as they are meant', () => {
    const document =
      '<?xml version="1.0"?>\n<s3:R xmlns:s3="u"><s3:K a="1"> a&amp;b&#10;&#x1;<![CDATA[x<y&amp;]]>z<!-- c --></s3:K><E/></s3:R>\n';

    const { children } = parseXml(document, 'R');

    expect(children).toEqual([
      { name: 'K', children: [], text: ' a&b\n\u0001x<y&amp;z' },
      { name: 'E', children: [], text: '' },
    ]);
  });

  it.each([
    ['nothing', ''],
    ['text', 'text'],
    ['another root', '<S/>'],
    ['two roots', '<R/><R/>'],
    ['text behind the root', '<R/>x'],
    ['an element that is not closed', '<R><a></R>'],
    ['a bare <', '<R>1 < 2</R>'],
    ['a document type', '<!DOCTYPE R [<!ENTITY e "v">]><R>&e;</R>'],
    ['a name that reaches a prototype', '<R><__proto__>x</__proto__></R>'],
    ['500 elements within each other', `<R>${'<a>'.repeat(500)}${'</a>'.repeat(500)}</R>`],
  ])('refuses %s', (_, document) => {
    expect(() => parseXml(document, 'R')).toThrow(expect.objectContaining({ code: 'MalformedXML' }));
  });
});
