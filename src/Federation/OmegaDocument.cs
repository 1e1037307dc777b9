using Omega.P2P.Primitives.Cbor;
using Omega.P2P.Primitives.Hashing;
using Omega.P2P.Protocol.Omega;

namespace Omega.P2P.Federation;

// Small reads that our own documents share; bounded like everything else, for a disk may rot.
internal static class OmegaDocument
{
    public static bool TryReadBlob(ref CborReader reader, out ReadOnlyMemory<byte> blob)
    {
        blob = default;
        if (!reader.TryReadBytes(out var bytes))
            return false;
        blob = bytes.ToArray();
        return true;
    }

    public static bool TryReadHashes(ref CborReader reader, out List<Hash256> hashes)
    {
        hashes = [];
        if (!reader.TryReadArrayStart(out var count) || count > OmegaLimits.ProofHashes)
            return false;
        for (var i = 0; i < count; i++)
        {
            if (!reader.TryReadHash(out var hash))
                return false;
            hashes.Add(hash);
        }
        return true;
    }

    public static bool TryReadTexts(ref CborReader reader, int countMax, out List<string> texts)
    {
        texts = [];
        if (!reader.TryReadArrayStart(out var count) || count > countMax)
            return false;
        for (var i = 0; i < count; i++)
        {
            if (!reader.TryReadText(OmegaLimits.AddressBytes, out var text))
                return false;
            texts.Add(text);
        }
        return true;
    }
}
