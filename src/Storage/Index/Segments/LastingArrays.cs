using System.Runtime.CompilerServices;

namespace Omega.P2P.Storage.Index.Segments;

/// <summary>
/// Arrays of megabytes that live as long as the store. They lie apart from what is large and soon gone: among that the
/// collector would move them, and it lets holes grow to a share of all that lies there before it does.
/// </summary>
internal static class LastingArrays
{
    private const long ApartMin = 64 * 1024;

    /// <summary>An array whose content is not set.</summary>
    public static T[] New<T>(int length)
        where T : unmanaged =>
        GC.AllocateUninitializedArray<T>(length, pinned: (long)length * Unsafe.SizeOf<T>() >= ApartMin);

    /// <summary>A longer array with the same beginning; what follows that is not set.</summary>
    public static void Grow<T>(ref T[] array, int length)
        where T : unmanaged
    {
        var longer = New<T>(length);
        array.CopyTo(longer, 0);
        array = longer;
    }
}
