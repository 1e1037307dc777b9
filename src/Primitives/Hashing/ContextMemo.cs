namespace Omega.P2P.Primitives.Hashing;

/// <summary>The last few derivation contexts of a thread, by reference: they are constants of the program, and hashing
/// one again costs as much as a short material. Holds no more than eight.</summary>
internal static class ContextMemo
{
    private const int Count = 8;

    [ThreadStatic]
    private static (string? Context, Blake3Key Key)[]? _last;

    [ThreadStatic]
    private static int _next;

    public static bool TryGet(string context, out Blake3Key key)
    {
        var last = _last ?? [];
        for (var i = 0; i < last.Length; i++)
        {
            if (ReferenceEquals(last[i].Context, context))
            {
                key = last[i].Key;
                return true;
            }
        }

        key = default;
        return false;
    }

    public static void Keep(string context, in Blake3Key key)
    {
        _last ??= new (string?, Blake3Key)[Count];
        _last[_next] = (context, key);
        _next = (_next + 1) % Count;
    }
}
