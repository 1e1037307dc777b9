using System.Reflection;
using System.Runtime.InteropServices;
using SQLitePCL;

namespace Omega.P2P.Storage.Views;

/// <summary>
/// Binds the managed SQLite provider, which asks for <c>e_sqlite3</c>, to the distribution's libsqlite3: we ship no
/// copy of our own (design section 14).
/// </summary>
internal static class SqliteLibrary
{
    private static readonly string[] Names = ["libsqlite3.so.0", "libsqlite3.so", "sqlite3"];
    private static readonly Lazy<bool> Loaded = new(Load);

    /// <summary>Loads the library, once a process.</summary>
    /// <exception cref="DllNotFoundException">libsqlite3 is not installed.</exception>
    public static void Require() => _ = Loaded.Value;

    private static bool Load()
    {
        NativeLibrary.SetDllImportResolver(typeof(SQLite3Provider_e_sqlite3).Assembly, Resolve);
        raw.SetProvider(new SQLite3Provider_e_sqlite3());
        return true;
    }

    private static IntPtr Resolve(string name, Assembly assembly, DllImportSearchPath? path)
    {
        if (name != "e_sqlite3")
            return IntPtr.Zero;
        foreach (string candidate in Names)
        {
            if (NativeLibrary.TryLoad(candidate, out IntPtr handle))
                return handle;
        }

        return IntPtr.Zero;
    }
}
