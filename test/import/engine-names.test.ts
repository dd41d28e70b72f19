import { expect, test } from 'vitest';
import { engineName, versionFromImage } from '../../src/import/engine-names.ts';

test.each([
  ['vllm/vllm-openai:v0.13.0', 'vllm', '0.13.0'],
  ['nvcr.io#nvidia/tensorrt-llm/release:1.2.0rc2', 'trt', '1.2.0rc2'],
  ['lmsysorg/sglang:v0.5.6-cu129-amd64', 'sglang', '0.5.6'],
  ['lmsysorg/sglang:v0.5.5.post3-rocm700-mi35x', 'sglang', '0.5.5.post3'],
  ['rocm/atom:rocm7.1.1-ubuntu24.04-pytorch2.9-atom0.1.1-MI350x', 'atom', '0.1.1'],
  ['registry:5000/vllm:nightly', 'vllm', null],
  ['', 'vllm', null],
])('%s is %s %s', (image, framework, version) => {
  expect(versionFromImage(image, framework)).toBe(version);
});

test('one engine has one name', () => {
  expect(['trt', 'trtllm', 'TensorRT-LLM'].map(engineName)).toEqual(Array(3).fill('tensorrt-llm'));
});
