using System.Reflection;
using System.Reflection.Metadata;
using System.Reflection.PortableExecutable;
using System.Runtime.InteropServices;

namespace NodeReaper.Architecture.Tests;

/// <summary>What the metadata of one of the product's assemblies says. It is read, not loaded.</summary>
internal sealed class BuiltAssembly : IDisposable
{
    private static readonly HashSet<string> s_framework =
        [.. Directory.GetFiles(RuntimeEnvironment.GetRuntimeDirectory(), "*.dll").Select(path => Path.GetFileNameWithoutExtension(path)!)];

    private readonly PEReader _file;
    private readonly MetadataReader _metadata;

    internal BuiltAssembly(string name)
    {
        _file = new PEReader(File.OpenRead(Path.Combine(AppContext.BaseDirectory, $"{name}.dll")));
        _metadata = _file.GetMetadataReader();
    }

    /// <summary>The assemblies that it refers to, but for those of the framework.</summary>
    internal string[] References => [.. _metadata.AssemblyReferences
        .Select(handle => _metadata.GetString(_metadata.GetAssemblyReference(handle).Name))
        .Where(name => !s_framework.Contains(name))
        .Order(StringComparer.Ordinal)];

    /// <summary>The product's types, with their namespaces; not those that the compiler makes up.</summary>
    internal string[] Types => [.. _metadata.TypeDefinitions.Select(NameOf).Where(IsWritten)];

    internal string[] Interfaces => [.. _metadata.TypeDefinitions
        .Where(handle => _metadata.GetTypeDefinition(handle).Attributes.HasFlag(TypeAttributes.Interface))
        .Select(NameOf)
        .Where(IsWritten)];

    /// <summary>The interfaces of its types, one entry for each type that has it.</summary>
    internal string[] Implementations => [.. _metadata.TypeDefinitions
        .SelectMany(handle => _metadata.GetTypeDefinition(handle).GetInterfaceImplementations())
        .Select(handle => NameOf(_metadata.GetInterfaceImplementation(handle).Interface))];

    /// <summary>The methods that are in a native library.</summary>
    internal string[] NativeMethods => [.. _metadata.MethodDefinitions
        .Where(handle => _metadata.GetMethodDefinition(handle).Attributes.HasFlag(MethodAttributes.PinvokeImpl))
        .Select(NameOf)];

    /// <summary>The methods that catch whatever comes, or decide by a filter.</summary>
    internal string[] CatchAlls => [.. _metadata.MethodDefinitions.Where(CatchesAll).Select(NameOf)];

    public void Dispose() => _file.Dispose();

    private bool CatchesAll(MethodDefinitionHandle handle)
    {
        var address = _metadata.GetMethodDefinition(handle).RelativeVirtualAddress;
        return address > 0 && _file.GetMethodBody(address).ExceptionRegions.Any(region =>
            region.Kind == ExceptionRegionKind.Filter
            || (region.Kind == ExceptionRegionKind.Catch && NameOf(region.CatchType) is "System.Exception" or "System.Object"));
    }

    private string NameOf(MethodDefinitionHandle handle)
    {
        var method = _metadata.GetMethodDefinition(handle);
        return $"{NameOf(method.GetDeclaringType())}.{_metadata.GetString(method.Name)}";
    }

    private string NameOf(EntityHandle handle) => handle.Kind switch
    {
        HandleKind.TypeDefinition => NameOf((TypeDefinitionHandle)handle),
        HandleKind.TypeReference => NameOf((TypeReferenceHandle)handle),
        _ => "",
    };

    private string NameOf(TypeDefinitionHandle handle)
    {
        var type = _metadata.GetTypeDefinition(handle);
        var name = _metadata.GetString(type.Name);
        return type.GetDeclaringType() is { IsNil: false } outer
            ? $"{NameOf(outer)}.{name}"
            : $"{_metadata.GetString(type.Namespace)}.{name}";
    }

    private string NameOf(TypeReferenceHandle handle)
    {
        var type = _metadata.GetTypeReference(handle);
        return $"{_metadata.GetString(type.Namespace)}.{_metadata.GetString(type.Name)}";
    }

    private static bool IsWritten(string name) => name.StartsWith("NodeReaper.", StringComparison.Ordinal) && !name.Contains('<', StringComparison.Ordinal);
}
