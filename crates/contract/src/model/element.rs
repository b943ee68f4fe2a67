//! What the descriptors have in common: a file, and a path in it.

use prost_reflect::{
    EnumDescriptor, EnumValueDescriptor, FieldDescriptor, FileDescriptor, MessageDescriptor,
    MethodDescriptor, ServiceDescriptor,
};

/// A part of a `.proto` file that has a position and perhaps a comment.
pub trait Element {
    /// The file it stands in.
    fn file(&self) -> FileDescriptor;
    /// Where it stands in the file's descriptor, as `SourceCodeInfo` counts.
    fn path(&self) -> &[i32];
}

macro_rules! elements {
    ($($descriptor:ty)*) => {$(
        impl Element for $descriptor {
            fn file(&self) -> FileDescriptor {
                self.parent_file()
            }

            fn path(&self) -> &[i32] {
                self.path()
            }
        }
    )*};
}

elements! {
    EnumDescriptor EnumValueDescriptor FieldDescriptor MessageDescriptor MethodDescriptor
    ServiceDescriptor
}
