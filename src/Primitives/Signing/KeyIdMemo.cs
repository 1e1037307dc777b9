using Omega.P2P.Primitives.Keys;

namespace Omega.P2P.Primitives.Signing;

/// <summary>
/// The last few key ids a thread met and the keys they spell. Long runs of messages are by two or three keys, and
/// base58 costs more than all else in reading one. Holds no more than eight; a hit says what parsing would say.
/// </summary>
internal static class KeyIdMemo
{
    private const int Count = 8;

    [ThreadStatic]
    private static (byte[] Id, Ed25519PublicKey Key)[]? _last;

    [ThreadStatic]
    private static int _next;

    public static bool TryGet(ReadOnlySpan<byte> id, out Ed25519PublicKey key)
    {
        foreach (var (known, found) in _last ?? [])
        {
            if (known is not null && id.SequenceEqual(known))
            {
                key = found;
                return true;
            }
        }

        key = default;
        return false;
    }

    public static bool TryGet(Ed25519PublicKey key, out byte[] id)
    {
        foreach (var (known, found) in _last ?? [])
        {
            if (known is not null && found == key)
            {
                id = known;
                return true;
            }
        }

        id = [];
        return false;
    }

    public static void Keep(ReadOnlySpan<byte> id, Ed25519PublicKey key)
    {
        _last ??= new (byte[] Id, Ed25519PublicKey Key)[Count];
        _last[_next] = (id.ToArray(), key);
        _next = (_next + 1) % Count;
    }
}
