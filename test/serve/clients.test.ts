/** @file The real clients of other servers, against a running server. */
import assert from 'node:assert/strict';
import { InferenceClient } from '@huggingface/inference';
import { OpenAIEmbeddings } from '@langchain/openai';
import OpenAI from 'openai';
import { EMBEDDING_SIZE, modelsFolder, writeFixture } from './package-fixture.js';
import { png, post, serveFolder, type TestServer } from './server-fixture.js';

const length = (vector: readonly number[]) => Math.sqrt(vector.reduce((sum, value) => sum + value * value, 0));
const near = (a: readonly number[], b: readonly number[], tolerance = 1e-6) => {
  assert.equal(a.length, b.length);
  a.forEach((value, i) => assert.ok(Math.abs(value - b[i]!) <= tolerance, `${i}: ${value} ${b[i]}`));
};

describe('clients of other servers', () => {
  const folder = modelsFolder();
  let server: TestServer;
  let file: Buffer;
  let uri: string;
  /** By our own endpoint. */
  let expected: number[];
  before(async () => {
    writeFixture(folder.path);
    server = await serveFolder(folder.path);
    file = await png(1);
    uri = `data:image/png;base64,${file.toString('base64')}`;
    const { body } = await post<{ embeddings: number[][] }>(`${server.url}/v1/embed`, { image: uri, normalize: true });
    expected = body.embeddings[0]!;
  });
  after(async () => {
    await server.close();
    folder.remove();
  });

  it('openai: embeddings as base64 (its default) and as floats, one and several, and the list of models', async () => {
    const client = new OpenAI({ baseURL: `${server.url}/v1`, apiKey: 'none' });
    for (const encoding of [undefined, 'float'] as const) {
      const { data, usage } = await client.embeddings.create({ model: 'tiny', input: [uri, uri], ...(encoding && { encoding_format: encoding }) });
      assert.deepEqual(
        data.map(({ index }) => index),
        [0, 1],
      );
      near(data[1]!.embedding, expected);
      assert.equal(usage.total_tokens, 0);
    }
    assert.deepEqual(
      (await client.models.list()).data.map(({ id }) => id),
      ['tiny@1'],
    );
  });

  it('openai: an error shows its message and is not tried again', async () => {
    const client = new OpenAI({ baseURL: `${server.url}/v1`, apiKey: 'none' });
    await assert.rejects(client.embeddings.create({ model: 'tinny', input: uri }), (error: unknown) => {
      assert.ok(error instanceof OpenAI.NotFoundError);
      assert.match(error.message, /No model "tinny".*tiny/);
      assert.equal(error.param, 'model');
      return true;
    });
    await assert.rejects(client.embeddings.create({ model: 'tiny', input: 'a cat!' }), /input is not base64/);
  });

  it('@langchain/openai: embedDocuments and embedQuery', async () => {
    const embeddings = new OpenAIEmbeddings({ model: 'tiny', apiKey: 'none', configuration: { baseURL: `${server.url}/v1` }, stripNewLines: false });
    const [first, second] = await embeddings.embedDocuments([uri, uri]);
    near(first!, expected);
    near(second!, expected);
    near(await embeddings.embedQuery(uri), expected);
  });

  it('@huggingface/inference: featureExtraction at /embed, imageClassification at / and at /pipeline/image-classification', async () => {
    const client = new InferenceClient();
    const vectors = (await client.featureExtraction({ endpointUrl: `${server.url}/embed`, inputs: uri })) as number[][];
    near(vectors[0]!, expected);
    const { body } = await post<{ results: { top: { label: string; probability: number }[] }[] }>(`${server.url}/v1/classify`, { image: uri });
    for (const path of ['/', '/pipeline/image-classification']) {
      const classes = await client.imageClassification({ endpointUrl: `${server.url}${path}`, data: new Blob([new Uint8Array(file)], { type: 'image/png' }) });
      assert.deepEqual(
        classes.map(({ label }) => label),
        body.results[0]!.top.map(({ label }) => label),
      );
    }
  });

  it('what text-embeddings-inference answers with 422 is answered so, with its error body', async () => {
    const { status, body } = await post<{ error: string; error_type: string }>(`${server.url}/embed`, { inputs: 'a cat!' });
    assert.deepEqual([status, body.error_type], [422, 'Validation']);
    assert.match(body.error, /inputs is not base64.*Send the bytes of a JPEG/);
  });

  it('errors name the field as the clients of each family sent it, and say what to do', async () => {
    const broken = file.subarray(0, file.length >> 1).toString('base64');
    const whole = file.toString('base64');
    const openai = async (input: unknown) => {
      const { status, body } = await post<{ error: { message: string; param: string } }>(`${server.url}/v1/embeddings`, { input });
      assert.equal(status, 400);
      return body.error;
    };
    assert.equal((await openai(broken)).param, 'input');
    assert.equal((await openai([whole, broken])).param, 'input[1]');
    const notText = await openai('a cat!');
    assert.equal(notText.param, 'input');
    assert.match(notText.message, /not base64.*Send the bytes of a JPEG/);
    const compared = { inputs: { source_sentence: whole, sentences: [whole, 'a cat!'] } };
    const { body } = await post<{ error: string }>(`${server.url}/similarity`, compared);
    assert.match(body.error, /^inputs\.sentences\[1\] is not base64/);
  });

  it('embeddings of OpenAI have length 1 and the size of the model', () => {
    assert.equal(expected.length, EMBEDDING_SIZE);
    assert.ok(Math.abs(length(expected) - 1) < 1e-6);
  });
});
