"""grow.py MODEL OUT [LAYERS FFN]: a deeper and wider copy that computes the same at first: every second layer is followed by
a copy of itself that writes nothing (o_proj and down_proj zero), and new feed-forward columns write nothing. The base may lie in
several files; its copy is one. Adapters are copied too: adapter/, reconstruct/, chat/."""
import json, os, shutil, struct, sys
import numpy as np
src, out = sys.argv[1:3]; layers = int(sys.argv[3]) if len(sys.argv) > 3 else 12; ffn = int(sys.argv[4]) if len(sys.argv) > 4 else 1536
rng = np.random.default_rng(4)
types = {'BF16': np.dtype('<u2'), 'F16': np.dtype('<f2'), 'F32': np.dtype('<f4')}  # bfloat16 as its bits
names = {t: n for n, t in types.items()}
def load(p):
    b = open(p, 'rb').read(); n = struct.unpack('<Q', b[:8])[0]; h = json.loads(b[8:8+n]); t = {}
    for k, v in h.items():
        if k == '__metadata__': continue
        a, e = v['data_offsets']; d = types[v['dtype']]
        t[k] = np.frombuffer(b, d, (e-a)//d.itemsize, 8+n+a).reshape(v['shape']).copy()
    return t
def load_base(folder):
    if not os.path.exists(folder + '/model.safetensors.index.json'): return load(folder + '/model.safetensors')
    files = json.load(open(folder + '/model.safetensors.index.json'))['weight_map']; t = {}
    for f in sorted(set(files.values())): t.update(load(f'{folder}/{f}'))
    assert t.keys() == files.keys(), t.keys() ^ files.keys()
    return t
def save(p, t):
    h = {'__metadata__': {'format': 'pt'}}; o = 0
    for k in sorted(t): h[k] = {'dtype': names[t[k].dtype], 'shape': list(t[k].shape), 'data_offsets': [o, o + t[k].nbytes]}; o += t[k].nbytes
    j = json.dumps(h).encode(); j += b' ' * (-len(j) % 8)
    with open(p, 'wb') as f:
        f.write(struct.pack('<Q', len(j))); f.write(j)
        for k in sorted(t): f.write(t[k].tobytes())
def bf16(x):
    u = np.ascontiguousarray(x, np.float32).view(np.uint32); return ((u + 0x7fff + ((u >> 16) & 1)) >> 16).astype(np.uint16)
def f32(w): return (w.astype(np.uint32) << 16).view(np.float32) if w.dtype == types['BF16'] else w.astype(np.float32)
def like(w, x): return bf16(x) if w.dtype == types['BF16'] else x.astype(w.dtype)
base = load_base(src + '/base'); cfg = json.load(open(src + '/base/config.json'))
old = cfg['num_hidden_layers']; more = layers - old; plan = []
for i in range(old):
    plan.append((i, False))
    if (i + 1) * more // old > i * more // old: plan.append((i, True))
assert len(plan) == layers, plan
os.makedirs(out + '/base', exist_ok=True)
def widen(name, w):
    if name.endswith(('gate_proj.weight', 'up_proj.weight')):
        n = ffn - w.shape[0]
        if n: w = np.concatenate([w, like(w, rng.normal(0, float(f32(w).std()), (n, w.shape[1])))])
    elif name.endswith('down_proj.weight'):
        n = ffn - w.shape[1]
        if n: w = np.concatenate([w, np.zeros((w.shape[0], n), w.dtype)], 1)
    elif name.endswith(('gate_proj.lora_B.default.weight', 'up_proj.lora_B.default.weight')):
        n = ffn - w.shape[0]
        if n: w = np.concatenate([w, np.zeros((n, w.shape[1]), w.dtype)])
    elif name.endswith('down_proj.lora_A.default.weight'):
        n = ffn - w.shape[1]
        if n: w = np.concatenate([w, like(w, rng.normal(0, float(f32(w).std()), (w.shape[0], n)))], 1)
    return w
def deepen(t):
    r = {}
    for k, w in t.items():
        if '.layers.' not in k: r[k] = w; continue
        head, tail = k.split('.layers.'); i, rest = tail.split('.', 1)
        for j, (of, silent) in enumerate(plan):
            if of != int(i): continue
            v = widen(k, w)
            if silent and rest.endswith(('o_proj.weight', 'down_proj.weight', 'lora_B.default.weight')): v = np.zeros_like(v)
            r[f'{head}.layers.{j}.{rest}'] = v
    return r
b = deepen(base); save(out + '/base/model.safetensors', b)
cfg['num_hidden_layers'] = layers; cfg['intermediate_size'] = ffn; json.dump(cfg, open(out + '/base/config.json', 'w'), indent=1)
shutil.copyfile(src + '/base/tokenizer.model', out + '/base/tokenizer.model')
for a in ('adapter', 'reconstruct', 'chat'):
    if not os.path.isdir(f'{src}/{a}'): continue
    os.makedirs(f'{out}/{a}', exist_ok=True); save(f'{out}/{a}/icae.safetensors', deepen(load(f'{src}/{a}/icae.safetensors')))
    c = json.load(open(f'{src}/{a}/icae_config.json')); c.pop('base', None); json.dump(c, open(f'{out}/{a}/icae_config.json', 'w'), indent=1)
print('parameters', sum(w.size for w in b.values()))
