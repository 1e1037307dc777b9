using Omega.P2P.Primitives.Ids;

namespace Omega.P2P.Primitives.Artifacts;

/// <summary>One file of a package.</summary>
/// <param name="Path">Relative path by <see cref="PackagePath"/>.</param>
/// <param name="Mode">Permission bits, 0..0o777; nothing else of a mode is kept.</param>
/// <param name="Content">The file's bytes.</param>
/// <param name="Size">Their count.</param>
public sealed record PackageFile(string Path, int Mode, ContentId Content, long Size);

/// <summary>One symbolic link of a package.</summary>
/// <param name="Path">Relative path by <see cref="PackagePath"/>.</param>
/// <param name="Target">What it says, 1..4,096 bytes of UTF-8 without NUL; it may lead anywhere or nowhere.</param>
public sealed record PackageLink(string Path, string Target)
{
    /// <summary>
    /// Whether following the link stays inside the package's folder whatever the package's other links are: the target
    /// is relative, climbs first and at most to the root, and then only descends. (A <c>..</c> behind a name would
    /// climb from wherever that name leads.)
    /// </summary>
    public bool StaysInside
    {
        get
        {
            if (Target.StartsWith('/'))
                return false;
            var depth = Path.AsSpan().Count('/');
            var isDescending = false;
            foreach (var range in Target.AsSpan().Split('/'))
            {
                var name = Target.AsSpan()[range];
                if (name.IsEmpty || name is ".")
                    continue;
                if (name is not "..")
                    isDescending = true;
                else if (isDescending || --depth < 0)
                    return false;
            }
            return true;
        }
    }
}

/// <summary>A folder of a package that is empty or has a mode of its own.</summary>
/// <param name="Path">Relative path by <see cref="PackagePath"/>.</param>
/// <param name="Mode">Permission bits, 0..0o777.</param>
public sealed record PackageFolder(string Path, int Mode);
