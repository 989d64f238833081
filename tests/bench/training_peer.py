"""The experiments' networks once more, in PyTorch, as the other side of bench_training.

Reads lines "name seconds" and answers each with "parameters steps_per_second": what a person gets who writes the
same network, loss and optimiser in Python. Seconds are of the processor. Needs nothing but torch.
"""
import sys
import time

import torch
import torch.nn as nn
import torch.nn.functional as F

torch.set_num_threads(int(sys.argv[1]))
torch.manual_seed(1)


def conv3(i, o, stride=1, bias=True):
    return nn.Conv2d(i, o, 3, stride=stride, padding=1, bias=bias)


class DenseAutoencoder(nn.Module):
    def __init__(self, pixels=3 * 176 * 256):
        super().__init__()
        self.encoder, self.decoder = nn.Linear(pixels, 10), nn.Linear(10, pixels)

    def forward(self, x):
        few = F.leaky_relu(self.encoder(x.flatten(1)), 0.3)
        return F.leaky_relu(self.decoder(few), 0.3).view_as(x)


class Reconstruction(nn.Module):
    """V3: deep with skips."""

    def __init__(self):
        super().__init__()
        halving = lambda i, o: nn.Conv2d(i, o, 5, stride=2, padding=2)
        doubling = lambda i, o: nn.ConvTranspose2d(i, o, 5, stride=2, padding=2, output_padding=1)
        self.encoder = nn.ModuleList([halving(3, 8), halving(8, 16), halving(16, 32), halving(32, 64)])
        self.decoder = nn.ModuleList([doubling(64, 64), doubling(96, 32), doubling(48, 16), doubling(24, 8)])
        self.last = conv3(8, 3)

    def forward(self, x):
        skips = []
        for layer in self.encoder:
            x = F.leaky_relu(layer(x), 0.3)
            skips.append(x)
        for level, layer in enumerate(self.decoder):
            if level > 0:
                x = torch.cat([x, skips[-1 - level]], 1)
            x = F.leaky_relu(layer(x), 0.3)
        return (F.leaky_relu(self.last(x), 0.3) / 2 + 0.5).clamp(0, 1)


def denoising_dense():
    sizes = [784, 512, 256, 128, 64, 128, 256, 512, 784]
    layers = [nn.Flatten()]
    for i, o in zip(sizes, sizes[1:]):
        layers += [nn.Linear(i, o), nn.ReLU()]
    return nn.Sequential(*layers[:-1], nn.Sigmoid(), nn.Unflatten(1, (1, 28, 28)))


def denoising_conv():
    return nn.Sequential(
        conv3(1, 64), nn.ReLU(), nn.MaxPool2d(2), conv3(64, 32), nn.ReLU(), nn.MaxPool2d(2),
        conv3(32, 16), nn.ReLU(), nn.MaxPool2d(2), nn.ConvTranspose2d(16, 32, 3, stride=2), nn.ReLU(),
        nn.ConvTranspose2d(32, 64, 2, stride=2), nn.ReLU(), nn.ConvTranspose2d(64, 1, 2, stride=2), nn.Sigmoid())


def classifier():
    return nn.Sequential(
        nn.Conv2d(1, 6, 5), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(6, 16, 5), nn.ReLU(), nn.MaxPool2d(2),
        nn.Flatten(), nn.Linear(256, 120), nn.ReLU(), nn.Linear(120, 84), nn.ReLU(), nn.Linear(84, 10))


class DoubleConv(nn.Module):
    def __init__(self, i, o, norm):
        super().__init__()
        self.conv1, self.conv2 = conv3(i, o, bias=not norm), conv3(o, o, bias=not norm)
        self.norm1 = nn.BatchNorm2d(o) if norm else nn.Identity()
        self.norm2 = nn.BatchNorm2d(o) if norm else nn.Identity()

    def forward(self, x):
        return F.relu(self.norm2(self.conv2(F.relu(self.norm1(self.conv1(x))))))


class UNet(nn.Module):
    def __init__(self, i, o, widths, norm=True):
        super().__init__()
        self.down = nn.ModuleList([DoubleConv(a, b, norm) for a, b in zip([i] + widths, widths)])
        back = widths[::-1]
        self.enlarge = nn.ModuleList([nn.ConvTranspose2d(a, b, 2, stride=2) for a, b in zip(back, back[1:])])
        self.up = nn.ModuleList([DoubleConv(2 * b, b, norm) for b in back[1:]])
        self.last = nn.Conv2d(widths[0], o, 1)

    def forward(self, x):
        skips = []
        for level, block in enumerate(self.down):
            x = block(F.max_pool2d(x, 2) if level > 0 else x)
            skips.append(x)
        for level, (enlarge, block) in enumerate(zip(self.enlarge, self.up)):
            x = block(torch.cat([skips[-2 - level], enlarge(x)], 1))
        return self.last(x)


class Inpainting(nn.Module):
    def __init__(self, widths):
        super().__init__()
        self.conv = nn.ModuleList([conv3(a, b, 2) for a, b in zip([1] + widths, widths)])
        back = widths[::-1]
        self.deconv = nn.ModuleList(
            [nn.ConvTranspose2d(a, b, 3, stride=2, padding=1) for a, b in zip(back, back[1:] + [1])])

    def forward(self, x):
        sizes = []
        for layer in self.conv:
            sizes.append(x.shape[2:])
            x = F.relu(layer(x))
        for level, layer in enumerate(self.deconv):
            x = layer(x, output_size=sizes[-1 - level])
            x = F.relu(x) if level + 1 < len(self.deconv) else torch.sigmoid(x)
        return x


class EventMap(nn.Module):
    def __init__(self, frames=30, width=8):
        super().__init__()
        self.sum = nn.Conv2d(frames, 1, 1, bias=False)
        self.gather, self.mix, self.correct = nn.Conv2d(frames, width, 1), conv3(width, width), conv3(width, 1)

    def forward(self, x):
        return self.sum(x) + self.correct(F.relu(self.mix(F.relu(self.gather(x)))))


class Direct(nn.Module):
    def __init__(self, frames=4, channels=1, width=16):
        super().__init__()
        self.net = UNet(frames * channels, channels, [width, 2 * width, 4 * width])

    def forward(self, x):
        return x[:, -1] + self.net(x.flatten(1, 2) - 0.5)


class Recurrent(nn.Module):
    def __init__(self, channels=1, width=32):
        super().__init__()
        self.encode1, self.encode2 = conv3(channels, width, 2), conv3(width, width)
        self.gates = nn.Conv2d(2 * width, 2 * width, 5, padding=2)
        self.candidate = nn.Conv2d(2 * width, width, 5, padding=2)
        self.decode1, self.decode2 = conv3(width, 2 * width), conv3(2 * width, 4 * channels)

    def forward(self, x):
        memory = None
        for t in range(x.shape[1]):
            seen = F.relu(self.encode2(F.relu(self.encode1(x[:, t] - 0.5))))
            if memory is None:
                memory = torch.zeros_like(seen)
            update, reset = torch.sigmoid(self.gates(torch.cat([seen, memory], 1))).chunk(2, 1)
            fresh = torch.tanh(self.candidate(torch.cat([seen, reset * memory], 1)))
            memory = memory + update * (fresh - memory)
        return x[:, -1] + F.pixel_shuffle(self.decode2(F.relu(self.decode1(memory))), 2)


def double(i, o, stride=1):
    return nn.Sequential(conv3(i, o, stride), nn.ReLU(), conv3(o, o), nn.ReLU())


class MiddleFrame(nn.Module):
    def __init__(self, w=24):
        super().__init__()
        self.down0, self.down1, self.down2 = double(6, w), double(w, 2 * w, 2), double(2 * w, 4 * w, 2)
        self.up1, self.up0 = double(4 * w, 2 * w), double(2 * w, w)
        self.enlarge1 = nn.ConvTranspose2d(4 * w, 2 * w, 2, stride=2)
        self.enlarge0 = nn.ConvTranspose2d(2 * w, w, 2, stride=2)
        self.last = nn.Conv2d(w, 3, 1)

    def forward(self, x):
        full = self.down0(x - 0.5)
        half = self.down1(full)
        x = self.down2(half)
        x = self.up1(torch.cat([half, self.enlarge1(x)], 1))
        x = self.up0(torch.cat([full, self.enlarge0(x)], 1))
        return self.last(x) + 0.5


class Fused(nn.Module):
    def __init__(self, w=16):
        super().__init__()
        self.encoder = nn.Sequential(conv3(3, w), nn.ReLU(), conv3(w, w), nn.ReLU(), nn.MaxPool2d(2))
        self.bottleneck = nn.Sequential(conv3(w, 2 * w), nn.ReLU(), conv3(2 * w, w), nn.ReLU())
        self.decoder = nn.Sequential(nn.ConvTranspose2d(2 * w, w, 2, stride=2), conv3(w, w), nn.ReLU(), conv3(w, 3))

    def forward(self, x):
        features = 0.5 * (self.encoder(x[:, :3] - 0.5) + self.encoder(x[:, 3:] - 0.5))
        return self.decoder(torch.cat([features, self.bottleneck(features)], 1)) + 0.5


def huber(a, b):
    return F.huber_loss(a, b)


def hole(a, b):
    return F.binary_cross_entropy(torch.sigmoid(a), b)


def labels(a, _):
    return F.cross_entropy(a, LABELS)


LABELS = torch.arange(64) % 10

# name: network, shape of the input, shape of the target, loss
NETWORKS = {
    "reconstruction-sanity": (DenseAutoencoder, (3, 3, 176, 256), (3, 3, 176, 256), huber),
    "reconstruction-deep V3": (Reconstruction, (3, 3, 176, 256), (3, 3, 176, 256), huber),
    "denoising dense": (denoising_dense, (64, 1, 28, 28), (64, 1, 28, 28), F.mse_loss),
    "denoising conv": (denoising_conv, (64, 1, 28, 28), (64, 1, 28, 28), F.mse_loss),
    "cnn-classifier": (classifier, (64, 1, 28, 28), (64, 10), labels),
    "grid-completion U-Net": (lambda: UNet(2, 1, [12, 24, 48, 96]), (12, 2, 64, 64), (12, 1, 64, 64), hole),
    "grid-completion first attempt, small":
        (lambda: Inpainting([32, 64, 128, 256, 256]), (12, 1, 101, 101), (12, 1, 101, 101), F.mse_loss),
    "blob-events": (EventMap, (4, 30, 128, 128), (4, 1, 128, 128), F.mse_loss),
    "blob-forecast":
        (lambda: UNet(19, 5, [16, 32, 64, 64, 64], False), (8, 19, 64, 64), (8, 5, 64, 64), F.mse_loss),
    "next-frame direct": (Direct, (16, 4, 1, 48, 48), (16, 1, 48, 48), F.mse_loss),
    "next-frame recurrent": (Recurrent, (16, 4, 1, 48, 48), (16, 1, 48, 48), F.mse_loss),
    "middle-frame-unet": (MiddleFrame, (4, 6, 96, 96), (4, 3, 96, 96), F.mse_loss),
    "clip-unet": (Fused, (7, 6, 96, 96), (7, 3, 96, 96), F.mse_loss),
}


def main():
    made = {}
    for line in sys.stdin:
        name, seconds = line.rstrip("\n").rsplit(" ", 1)
        if name not in made:
            build, inputs, targets, loss = NETWORKS[name]
            net = build()
            made[name] = net, torch.optim.Adam(net.parameters(), 1e-3), torch.rand(inputs), torch.rand(targets), loss
        net, optimizer, inputs, targets, loss = made[name]
        steps, began = 0, time.process_time()
        while time.process_time() - began < float(seconds):
            optimizer.zero_grad()
            value = loss(net(inputs), targets)
            value.backward()
            optimizer.step()
            value.item()
            steps += 1
        rate = steps / (time.process_time() - began)
        print(sum(p.numel() for p in net.parameters()), rate, flush=True)


main()
