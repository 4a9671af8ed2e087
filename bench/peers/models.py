"""The models that robenc is compared on: small members of many families, random weights, no downloads.

Each entry of MODELS makes a module in float32 that maps images [batch, 3, size, size] to scores [batch, classes].
"""

from dataclasses import dataclass
from typing import Callable

import torch
from torch import nn


@dataclass(frozen=True)
class Entry:
    make: Callable[[], nn.Module]
    size: int
    family: str


def torchvision_entries():
    from torchvision import models
    from torchvision.models.efficientnet import EfficientNet, MBConvConfig

    def vgg():
        # The feature extractor of VGG-11 with batch normalisation; the classifier of the original is 120 million parameters.
        features = models.vgg11_bn(init_weights=True).features
        return nn.Sequential(features, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(512, 10))

    def swin(version):
        from functools import partial

        from torchvision.models.swin_transformer import PatchMergingV2, SwinTransformerBlockV2

        extra = {} if version == 1 else {"block": SwinTransformerBlockV2, "downsample_layer": PatchMergingV2}
        return models.SwinTransformer(
            patch_size=[4, 4], embed_dim=32, depths=[2, 2, 2], num_heads=[2, 4, 8], window_size=[4, 4], stochastic_depth_prob=0.1, num_classes=10, **extra
        )

    def maxvit():
        return models.MaxVit(
            input_size=(64, 64), stem_channels=16, partition_size=4, block_channels=[16, 32], block_layers=[1, 1], head_dim=8, stochastic_depth_prob=0.1, num_classes=10
        )

    def vit():
        return models.VisionTransformer(image_size=64, patch_size=16, num_layers=3, num_heads=4, hidden_dim=96, mlp_dim=192, num_classes=10)

    quiet = {"weights": None, "num_classes": 10}
    return {
        "tv_resnet18": Entry(lambda: models.resnet18(**quiet), 64, "ResNet"),
        "tv_resnext50_32x4d": Entry(lambda: models.resnext50_32x4d(**quiet), 64, "ResNeXt"),
        "tv_vgg11_bn": Entry(vgg, 64, "VGG"),
        "tv_densenet121": Entry(lambda: models.densenet121(**quiet), 64, "DenseNet"),
        "tv_googlenet": Entry(lambda: models.googlenet(aux_logits=False, init_weights=True, **quiet), 64, "GoogLeNet"),
        "tv_inception_v3": Entry(lambda: models.inception_v3(aux_logits=False, init_weights=False, **quiet), 128, "Inception"),
        "tv_mobilenet_v2": Entry(lambda: models.mobilenet_v2(**quiet), 64, "MobileNetV2"),
        "tv_mobilenet_v3_small": Entry(lambda: models.mobilenet_v3_small(**quiet), 64, "MobileNetV3"),
        "tv_shufflenet_v2_x0_5": Entry(lambda: models.shufflenet_v2_x0_5(**quiet), 64, "ShuffleNetV2"),
        "tv_squeezenet1_1": Entry(lambda: models.squeezenet1_1(**quiet), 64, "SqueezeNet"),
        "tv_mnasnet0_5": Entry(lambda: models.mnasnet0_5(**quiet), 64, "MNASNet"),
        "tv_efficientnet_b0": Entry(lambda: models.efficientnet_b0(**quiet), 64, "EfficientNet"),
        "tv_regnet_y_400mf": Entry(lambda: models.regnet_y_400mf(**quiet), 64, "RegNet"),
        "tv_swin": Entry(lambda: swin(1), 64, "Swin"),
        "tv_swin_v2": Entry(lambda: swin(2), 64, "SwinV2"),
        "tv_maxvit": Entry(maxvit, 64, "MaxViT"),
        "tv_vit": Entry(vit, 64, "ViT"),
    }


def timm_entries():
    import timm

    def entry(name, size, family, **options):
        return Entry(lambda: timm.create_model(name, pretrained=False, num_classes=10, **options), size, family)

    return {
        "timm_convnext_atto": entry("convnext_atto", 64, "ConvNeXt"),
        "timm_convnextv2_atto": entry("convnextv2_atto", 64, "ConvNeXtV2"),
        "timm_tf_efficientnetv2_b0": entry("tf_efficientnetv2_b0", 64, "EfficientNetV2"),
        "timm_resnetv2_50x1_bit": entry("resnetv2_50x1_bit", 64, "BiT"),
        "timm_nf_regnet_b0": entry("nf_regnet_b0", 64, "NFNet"),
        "timm_ghostnet_100": entry("ghostnet_100", 64, "GhostNet"),
        "timm_mixer_s32": entry("mixer_s32_224", 64, "MLP-Mixer", img_size=64),
        "timm_resmlp_12": entry("resmlp_12_224", 64, "ResMLP", img_size=64),
        "timm_deit_tiny_distilled": entry("deit_tiny_distilled_patch16_224", 64, "DeiT", img_size=64),
        "timm_eva02_tiny": entry("eva02_tiny_patch14_224", 56, "EVA-02", img_size=56),
        "timm_vit_dinov2_small": entry("vit_small_patch14_dinov2", 56, "DINOv2", img_size=56),
        "timm_cait_xxs24": entry("cait_xxs24_224", 64, "CaiT", img_size=64),
        "timm_levit_128s": entry("levit_128s", 224, "LeViT"),
        "timm_pit_ti": entry("pit_ti_224", 224, "PiT"),
        "timm_mobilevit_xxs": entry("mobilevit_xxs", 64, "MobileViT"),
        "timm_edgenext_xx_small": entry("edgenext_xx_small", 64, "EdgeNeXt"),
        "timm_efficientformer_l1": entry("efficientformer_l1", 224, "EfficientFormer"),
        "timm_poolformer_s12": entry("poolformer_s12", 64, "PoolFormer"),
        "timm_repvgg_a0": entry("repvgg_a0", 64, "RepVGG"),
        "timm_hrnet_w18_small": entry("hrnet_w18_small", 64, "HRNet"),
        "timm_dla46_c": entry("dla46_c", 64, "DLA"),
        "timm_res2net50": entry("res2net50_26w_4s", 64, "Res2Net"),
        "timm_skresnet18": entry("skresnet18", 64, "SKNet"),
        "timm_resnest14d": entry("resnest14d", 64, "ResNeSt"),
        "timm_botnet26t": entry("botnet26t_256", 256, "BoTNet"),
        "timm_xcit_nano": entry("xcit_nano_12_p16_224", 64, "XCiT", img_size=64),
        "timm_pvt_v2_b0": entry("pvt_v2_b0", 64, "PVTv2"),
        "timm_mvitv2_tiny": entry("mvitv2_tiny", 64, "MViTv2", img_size=64),
        "timm_focalnet_tiny": entry("focalnet_tiny_srf", 64, "FocalNet"),
        "timm_davit_tiny": entry("davit_tiny", 64, "DaViT"),
        "timm_fastvit_t8": entry("fastvit_t8", 64, "FastViT"),
        "timm_tiny_vit_5m": entry("tiny_vit_5m_224", 224, "TinyViT"),
        "timm_lcnet_050": entry("lcnet_050", 64, "LCNet"),
        "timm_mixnet_s": entry("mixnet_s", 64, "MixNet"),
        "timm_rexnet_100": entry("rexnet_100", 64, "ReXNet"),
        "timm_cspresnet50": entry("cspresnet50", 64, "CSPNet"),
        "timm_ese_vovnet19b_dw": entry("ese_vovnet19b_dw", 64, "VoVNet"),
        "timm_xception41": entry("xception41", 64, "Xception"),
        "timm_inception_next_atto": entry("inception_next_atto", 64, "InceptionNeXt"),
        "timm_mobileone_s0": entry("mobileone_s0", 64, "MobileOne"),
        "timm_efficientvit_b0": entry("efficientvit_b0", 64, "EfficientViT"),
        "timm_efficientvit_m0": entry("efficientvit_m0", 224, "EfficientViT (MSRA)"),
        "timm_hiera_tiny": entry("hiera_tiny_224", 224, "Hiera"),
        "timm_convmixer": entry("convmixer_768_32", 64, "ConvMixer"),
        "timm_visformer_tiny": entry("visformer_tiny", 224, "Visformer"),
        "timm_coatnet_pico": entry("coatnet_pico_rw_224", 64, "CoAtNet", img_size=64),
        "timm_gcvit_xxtiny": entry("gcvit_xxtiny", 224, "GCViT"),
        "timm_sequencer2d_s": entry("sequencer2d_s", 64, "Sequencer", img_size=64),
        "timm_volo_d1": entry("volo_d1_224", 64, "VOLO", img_size=64),
        "timm_starnet_s1": entry("starnet_s1", 64, "StarNet"),
        "timm_siglip_vit": entry("vit_base_patch16_siglip_224", 64, "SigLIP", img_size=64, depth=3, embed_dim=192, num_heads=3),
        "timm_vit_clip": entry("vit_base_patch32_clip_224", 64, "CLIP", img_size=64, depth=3, embed_dim=192, num_heads=3),
    }


class Pooled(nn.Module):
    """A Hugging Face vision encoder with a linear head on its pooled output."""

    def __init__(self, encoder, width):
        super().__init__()
        self.encoder = encoder
        self.head = nn.Linear(width, 10)

    def forward(self, image):
        output = self.encoder(pixel_values=image)
        pooled = getattr(output, "pooler_output", None)
        if pooled is None:
            tokens = output.last_hidden_state
            pooled = tokens.mean(1) if tokens.dim() == 3 else tokens.mean((2, 3))
        return self.head(pooled.flatten(1))


def huggingface_entries():
    import transformers as t

    small = {"hidden_size": 96, "num_hidden_layers": 3, "num_attention_heads": 4, "intermediate_size": 192, "image_size": 64, "patch_size": 16}

    def entry(model, config, family, width=96, size=64):
        return Entry(lambda: Pooled(model(config()), width), size, family)

    return {
        "hf_clip_vision": entry(lambda c: t.CLIPVisionModel(c), lambda: t.CLIPVisionConfig(**small), "CLIP (Hugging Face)"),
        "hf_dinov2": entry(lambda c: t.Dinov2Model(c), lambda: t.Dinov2Config(**small, mlp_ratio=2), "DINOv2 (Hugging Face)"),
        "hf_siglip_vision": entry(lambda c: t.SiglipVisionModel(c), lambda: t.SiglipVisionConfig(**small), "SigLIP (Hugging Face)"),
        "hf_vit": entry(lambda c: t.ViTModel(c), lambda: t.ViTConfig(**small), "ViT (Hugging Face)"),
        "hf_beit": entry(lambda c: t.BeitModel(c), lambda: t.BeitConfig(**small, use_relative_position_bias=True), "BEiT (Hugging Face)"),
        "hf_dinov3_vit": entry(lambda c: t.DINOv3ViTModel(c), lambda: t.DINOv3ViTConfig(**small), "DINOv3 (Hugging Face)"),
        "hf_segformer": entry(
            lambda c: t.SegformerModel(c),
            lambda: t.SegformerConfig(hidden_sizes=[16, 32, 64, 96], depths=[1, 1, 1, 1], decoder_hidden_size=32),
            "SegFormer (Hugging Face)",
        ),
        "hf_swinv2": entry(
            lambda c: t.Swinv2Model(c),
            lambda: t.Swinv2Config(image_size=64, patch_size=4, embed_dim=24, depths=[1, 1, 2], num_heads=[2, 4, 8], window_size=4),
            "SwinV2 (Hugging Face)",
        ),
        "hf_convnextv2": entry(
            lambda c: t.ConvNextV2Model(c), lambda: t.ConvNextV2Config(hidden_sizes=[16, 32, 64, 96], depths=[1, 1, 1, 1], image_size=64), "ConvNeXtV2 (Hugging Face)"
        ),
    }


def models():
    """All entries by name."""
    return {**torchvision_entries(), **timm_entries(), **huggingface_entries()}


def calibrate(model, size, seed):
    """Gives a fresh model parameters that make its gradients neither vanish nor explode, and running statistics that fit images.

    Scales and offsets of each channel are drawn anew, since many families start some of them at 0 or 1e-6, which switches branches off.
    """
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            constant = parameter.numel() > 0 and bool((parameter == parameter.flatten()[0]).all())
            if not constant:
                continue
            first = float(parameter.flatten()[0])
            noise = torch.rand(parameter.shape, generator=generator)
            scale = name.rsplit(".", 1)[-1] in ("weight", "gamma", "lambda1", "scale") or 0 < abs(first) < 0.5
            # Scales 0.5 to 1.5, residual scales and offsets smaller.
            if parameter.dim() <= 1 and scale and first == 1:
                parameter.copy_(0.5 + noise)
            elif 0 < abs(first) < 0.5:
                parameter.copy_(0.2 + 0.4 * noise)
            else:
                parameter.add_(0.2 * (noise - 0.5))
    norms = [module for module in model.modules() if isinstance(module, nn.modules.batchnorm._BatchNorm)]
    if not norms:
        return model.eval()
    model.eval()
    for norm in norms:
        norm.reset_running_stats()
        norm.momentum = None
        norm.train()
    with torch.no_grad():
        for batch in range(3):
            model(images(8, size, seed + 1 + batch))
    for norm in norms:
        norm.momentum = 0.1
    return model.eval()


def images(count, size, seed):
    """Smooth coloured noise in [0, 1]: what photographs have and white noise has not is correlation."""
    generator = torch.Generator().manual_seed(seed)
    coarse = torch.rand(count, 3, max(2, size // 8), max(2, size // 8), generator=generator)
    smooth = nn.functional.interpolate(coarse, size=(size, size), mode="bicubic", align_corners=False)
    fine = torch.rand(count, 3, size, size, generator=generator)
    return (0.85 * smooth + 0.15 * fine).clamp(0.02, 0.98)
