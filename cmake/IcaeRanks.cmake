# Training over several ranks: what of c10d, LibTorch's distributed engine, is at hand. Sets ICAE_C10D_DEFINITIONS,
# ICAE_C10D_INCLUDES and ICAE_C10D_LIBRARIES for the one file that includes its headers. Without it that file says so at
# run time.
set(ICAE_C10D_DEFINITIONS)
set(ICAE_C10D_INCLUDES)
set(ICAE_C10D_LIBRARIES)

# icae_torch_exports(RESULT TARGET SYMBOL): whether a library of LibTorch exports a symbol, part of its mangled name.
function(icae_torch_exports result target symbol)
    set(${result} OFF PARENT_SCOPE)
    if(NOT TARGET ${target} OR NOT CMAKE_NM)
        return()
    endif()
    foreach(property LOCATION IMPORTED_LOCATION)
        get_target_property(library ${target} ${property})
        if(library AND EXISTS "${library}")
            break()
        endif()
    endforeach()
    if(NOT library OR NOT EXISTS "${library}")
        return()
    endif()
    execute_process(COMMAND ${CMAKE_NM} -D --defined-only "${library}" COMMAND grep -c "${symbol}"
        OUTPUT_VARIABLE count OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET)
    if(count GREATER 0)
        set(${result} ON PARENT_SCOPE)
    endif()
endfunction()

icae_torch_exports(storeThere torch_cpu "N4c10d8TCPStoreC[12]E")
if(storeThere)
    list(APPEND ICAE_C10D_DEFINITIONS ICAE_C10D)

    # On CPUs: Gloo, whose headers must lie beside LibTorch's own (Debian has them in a package): others may not fit.
    icae_torch_exports(glooThere torch_cpu "N4c10d16ProcessGroupGlooC[12]E")
    find_path(ICAE_GLOO_INCLUDE gloo/config.h PATHS ${TORCH_INCLUDE_DIRS} NO_DEFAULT_PATH)
    if(glooThere AND ICAE_GLOO_INCLUDE)
        list(APPEND ICAE_C10D_DEFINITIONS ICAE_C10D_GLOO)
        find_library(ICAE_GLOO_LIBRARY gloo) # header code calls it; LibTorch's own builds have it inside
        if(ICAE_GLOO_LIBRARY)
            list(APPEND ICAE_C10D_LIBRARIES "${ICAE_GLOO_LIBRARY}")
        endif()
    endif()

    # On GPUs: NCCL. A Python install of PyTorch has its header beside it, in nvidia/nccl or nvidia/cuNN; it must be the
    # one that LibTorch was built with, so the system's comes last.
    icae_torch_exports(ncclThere torch_cuda "N4c10d16ProcessGroupNCCLC[12]E")
    if(ncclThere)
        get_filename_component(torchRoot "${TORCH_INSTALL_PREFIX}" ABSOLUTE)
        file(GLOB ncclPlaces "${torchRoot}/../nvidia/nccl" "${torchRoot}/../nvidia/cu*" "${torchRoot}")
        find_path(ICAE_NCCL_INCLUDE nccl.h PATHS ${ncclPlaces} PATH_SUFFIXES include NO_DEFAULT_PATH)
        find_path(ICAE_NCCL_INCLUDE nccl.h HINTS ${CUDAToolkit_INCLUDE_DIRS})
        if(ICAE_NCCL_INCLUDE)
            list(APPEND ICAE_C10D_DEFINITIONS ICAE_C10D_NCCL)
            # The compiler's own folders must not be named: their order matters.
            if(NOT ICAE_NCCL_INCLUDE IN_LIST CMAKE_CXX_IMPLICIT_INCLUDE_DIRECTORIES)
                list(APPEND ICAE_C10D_INCLUDES "${ICAE_NCCL_INCLUDE}")
            endif()
            find_library(ICAE_NCCL_LIBRARY NAMES libnccl.so.2 nccl PATHS "${ICAE_NCCL_INCLUDE}/../lib" NO_DEFAULT_PATH)
            find_library(ICAE_NCCL_LIBRARY NAMES libnccl.so.2 nccl)
            if(ICAE_NCCL_LIBRARY)
                list(APPEND ICAE_C10D_LIBRARIES "${ICAE_NCCL_LIBRARY}")
            endif()
        else()
            message(STATUS "No nccl.h beside LibTorch: no training over several GPUs")
        endif()
    endif()
endif()
message(STATUS "Engines for several ranks: ${ICAE_C10D_DEFINITIONS}")
